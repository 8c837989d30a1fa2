"""Files that come along with a hand-in: they are there, and they break nothing of ours."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.along import all_doubts, modules
from grader.assignment import Assignment, Exercise
from grader.brought import Brought, fingerprint
from grader.evidence import Evidence
from grader.exercises import Placement
from grader.facts import CellEnded, Doubted, OutputSeen, TensorSeen
from grader.notebook import Cell, Notebook
from grader.run.execute import run_submission
from grader.sandboxes.choose import NONE, open_sandbox
from grader.sandboxes.parcels import parcel
from grader.sandboxes.sandbox import Sandbox
from grader.submission import Submission

ASSIGNMENT = Assignment(id="a", title="a", exercise=[Exercise(id="1", title="one")])


@pytest.fixture(params=["fenced", "none"], scope="module")
def sandbox(request: pytest.FixtureRequest, fence: Sandbox) -> Iterator[Sandbox]:
    if request.param == "fenced":
        yield fence
        return
    with open_sandbox(NONE) as bare:
        yield bare


def ran(sandbox: Sandbox, sources: list[str], files: dict[str, bytes]) -> Evidence:
    cells = tuple(Cell(i, "code", s) for i, s in enumerate(sources))
    brought = tuple(Brought(n, d) for n, d in files.items())
    submission = Submission("s", Path("s.ipynb"), "0" * 64, Notebook(cells), files=brought)
    everywhere = Placement(dict.fromkeys(range(len(cells)), "1"), frozenset(range(len(cells))),
                           (), True)  # fmt: skip
    return run_submission(submission, ASSIGNMENT, everywhere, sandbox).evidence


def said(evidence: Evidence) -> list[str]:
    return [o.text.strip() for o in evidence.everywhere(OutputSeen)]


@pytest.mark.kernel
def test_modules_and_data_are_in_the_working_folder(sandbox: Sandbox) -> None:
    evidence = ran(
        sandbox,
        ["import helpers; print(helpers.f())", "print(open('data/x.csv').read())",
         "import pandas as pd; print(list(pd.read_csv('/content/data/x.csv').columns))"
         if sandbox.name == "fenced" else "print(['a', 'b'])",
         "import lib.inner as i; print(i.y)", "open('data/x.csv', 'w').write('new')",
         "import os; print(sorted(n for n in os.listdir() if n[0] != '_'))"],
        {"helpers.py": b"def f():\n    return 41\n", "data/x.csv": b"a,b\n1,2\n",
         "lib/__init__.py": b"", "lib/inner.py": b"y = 7\n", "z é.txt": b""},
    )  # fmt: skip
    assert said(evidence)[:4] == ["41", "a,b\n1,2", "['a', 'b']", "7"]
    assert said(evidence)[-1] == "['data', 'helpers.py', 'lib', 'z é.txt']"
    assert {f.name: f.bytes for f in evidence.header.files}["data/x.csv"] == 8
    assert all(e.ending == "finished" for e in evidence.everywhere(CellEnded))


SHADOWED = ["torch", "random", "json", "os", "ast", "inspect", "traceback", "gc", "io", "re",
            "numpy", "zmq", "IPython", "ipykernel", "google", "threading", "linecache", "pdb",
            "tokenize", "typing", "string", "copy", "queue", "warnings", "_observer", "asyncio",
            "matplotlib", "sitecustomize", "usercustomize", "pickle", "code", "types"]  # fmt: skip
RAISES = b"raise RuntimeError('the student has a file of this name')\n"
WORK = ["import torch, random, json", "x = torch.rand(2, 3)\nx",
        "random.seed(1); print(random.random())", "1 / 0", "x.cuda() @ x.T", "%timeit -n1 -r1 pass",
        "?x", "import numpy as np; np.ones(2)",
        "def f():\n    raise ValueError('no')\nf()",
        "input()", "x = (", "%pip install y"]  # fmt: skip


@pytest.mark.kernel
@pytest.mark.slow
def test_files_called_like_modules_break_nothing_of_ours(sandbox: Sandbox) -> None:
    files = {f"{name}.py": RAISES for name in SHADOWED}
    with_files, without = ran(sandbox, WORK, files), ran(sandbox, WORK, {})
    timed = "per loop"
    assert [t for t in said(with_files) if timed not in t] == [
        t for t in said(without) if timed not in t
    ]
    assert with_files.header.ending == "finished"
    endings = [(e.ending, e.ename) for e in with_files.everywhere(CellEnded)]
    assert endings == [(e.ending, e.ename) for e in without.everywhere(CellEnded)]
    shapes = [t.shape for t in with_files.everywhere(TensorSeen)]
    assert shapes == [t.shape for t in without.everywhere(TensorSeen)]


@pytest.mark.kernel
def test_nothing_of_one_hand_in_lies_in_the_folder_of_the_next(sandbox: Sandbox) -> None:
    look = ["import os; print(os.listdir())"]
    assert said(ran(sandbox, look, {"secret.txt": b"x"})) == ["['secret.txt']"]
    assert said(ran(sandbox, look, {})) == ["[]"]


@pytest.mark.kernel
def test_the_parcel_is_closed_before_the_first_cell(sandbox: Sandbox) -> None:
    cell = ("import os\nfor n in os.listdir('/proc/self/fd'):\n"
            "    try:\n        p = os.readlink('/proc/self/fd/' + n)\n"
            "    except OSError:\n        continue\n"
            "    if 'memfd' in p or 'tmp' in p:\n        print(p)\n")  # fmt: skip
    listed = said(ran(sandbox, [cell], {"a.txt": b"x"}))
    assert not any("memfd:files" in line for line in listed)


@pytest.mark.kernel
def test_a_file_that_is_executed_trips_the_wire(fence: Sandbox) -> None:
    files = {"h.txt": b"import sys\nf = sys._getframe(0).f_back\n",
             "m.py": b"import gc\ndef g():\n    return gc.get_objects()\n"}  # fmt: skip
    evidence = ran(fence, ["exec(open('h.txt').read())", "import m; n = len(m.g())"], files)
    told = [d.reason for d in evidence.everywhere(Doubted)]
    assert any("sys._getframe" in reason for reason in told)
    assert any("gc.get_objects" in reason for reason in told)


def test_a_parcel_cannot_be_changed_any_more() -> None:
    with parcel([Brought("a", b"12345")]) as descriptor:
        with pytest.raises(PermissionError):
            os.pwrite(descriptor, b"x", 0)
        assert os.pread(descriptor, 100, 0) == b'[["a", 5]]\n12345'
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
    with parcel([]) as nothing:
        assert nothing == -1


def test_a_module_is_code_of_the_hand_in() -> None:
    notebook = Notebook((Cell(0, "code", "import helpers"),))
    files = [Brought("lib/helpers.py", b"import sys\n\nf = sys._getframe(1)\n"),
             Brought("data.csv", b"sys._getframe"), Brought("ok.py", b"x = 1")]  # fmt: skip
    (doubt,) = all_doubts(notebook, files)
    assert doubt.reason.endswith("(lib/helpers.py, line 3)")
    assert (doubt.cell, doubt.line) == (0, None)
    assert list(modules(files)) == ["lib/helpers.py", "ok.py"]
    (own,) = all_doubts(Notebook((Cell(0, "code", "import sys; sys._getframe()"),)), files[2:])
    assert own.reason.endswith("(cell 1, line 1)")


def test_the_fingerprint_is_what_sha256sum_says(tmp_path: Path) -> None:
    (tmp_path / "hw.ipynb").write_bytes(b"{}")
    (tmp_path / "data.csv").write_bytes(b"1,2")
    listing = subprocess.run(
        ["sha256sum", "hw.ipynb", "data.csv"], cwd=tmp_path, capture_output=True, check=True
    ).stdout
    total = subprocess.run(["sha256sum"], input=listing, capture_output=True, check=True).stdout
    own = fingerprint("hw.ipynb", b"{}", [Brought("data.csv", b"1,2")])
    assert total.decode().split()[0] == own
    assert fingerprint("hw.ipynb", b"{}", []) == listing.decode().split()[0]
