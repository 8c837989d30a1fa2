"""Fenced kernels at work: what they hold to, and what comes through when something dies or floods.

Every test starts kernels; most are forks of one warm parent.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import cast

import nbclient
import nbformat
import psutil
import pytest
from jupyter_client.manager import start_new_kernel
from ordinary_user import as_ordinary_user
from rich.console import Console

from grader.assignment import Assignment, Exercise, Limits, load_assignment
from grader.batch.batch import carry_out
from grader.batch.executor import Executor
from grader.batch.local import Local
from grader.batch.work import HandIn, Outcome, Work
from grader.cli.screen import ticking
from grader.evidence import Evidence, read_evidence
from grader.exercises import Placement
from grader.facts import CellEnded, OutputSeen, ProbeFailed
from grader.notebook import Cell, Notebook
from grader.reporting import Asked
from grader.rubric import load_rubric
from grader.run.client import CountingClient
from grader.run.conformance import CELLS, TOGETHER, Held, conformance, dedented
from grader.run.execute import run_submission
from grader.sandboxes import fenced
from grader.sandboxes.choose import FENCED, NONE, open_sandbox
from grader.sandboxes.fence import Fence
from grader.sandboxes.sandbox import Sandbox
from grader.submission import Submission

pytestmark = pytest.mark.kernel

ROOT = Path(__file__).parents[1]
ID = "00-fundamentals"
SAMPLES = ROOT / "submissions" / ID
AS_ROOT = os.geteuid() == 0


def ran(sandbox: Sandbox, *sources: str, limits: Limits | None = None) -> Evidence:
    """The evidence of a hand-in with these cells."""
    cells = tuple(Cell(i, "code", source) for i, source in enumerate(sources))
    assignment = Assignment(
        id="a", title="a", limits=limits or Limits(), exercise=[Exercise(id="1", title="1")]
    )
    submission = Submission("s", Path("s.ipynb"), "0" * 64, Notebook(cells))
    placement = Placement(dict.fromkeys(range(len(cells)), "1"), frozenset(), (), True)
    return run_submission(submission, assignment, placement, sandbox).evidence


def said(evidence: Evidence) -> list[str]:
    """What each cell showed."""
    cells: dict[int, str] = {e.cell: "" for e in evidence.everywhere(CellEnded)}
    for output in evidence.everywhere(OutputSeen):
        cells[output.cell] += output.text
    return [text.strip() for text in cells.values()]


def endings(evidence: Evidence) -> list[str]:
    return [e.ename or e.ending for e in evidence.everywhere(CellEnded)]


def wait_until(holds: Callable[[], bool], seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


# What every fence holds to


DOING: list[str] = []
DEMANDS = [*list(CELLS)[:-1], TOGETHER, list(CELLS)[-1]]


@pytest.fixture(scope="module")
def demands(fence: Sandbox) -> list[Held]:
    return conformance(fence, DOING.append)


def test_every_demand_is_told_before_it_is_tried(demands: list[Held]) -> None:
    assert [*list(CELLS)[1:], TOGETHER] == DOING
    assert [held.demand for held in demands] == DEMANDS


def test_without_a_fence_memory_is_to_be_had() -> None:
    with open_sandbox(NONE) as plain:
        evidence = ran(plain, dedented(CELLS["no large request for memory"]))
    assert said(evidence) == ["had 4 GiB at once"]


@pytest.mark.parametrize("demand", DEMANDS)
def test_the_fence_holds(demands: list[Held], demand: str) -> None:
    (held,) = [h for h in demands if h.demand == demand]
    assert held.held, held.instead


def grader_command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "grader", *map(str, arguments)]


def test_the_fence_holds_for_an_ordinary_user(tmp_path: Path) -> None:
    command = grader_command("doctor", "--selftest", "--course", ROOT)
    if AS_ROOT:
        command = as_ordinary_user(command, writable=[tmp_path])
    environment = {**os.environ, "TMPDIR": str(tmp_path), "GRADER_MARK": "secret"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for demand in DEMANDS:
        assert f" ok  fence        {demand}\n" in done.stdout
    assert "as an ordinary user" in done.stdout
    assert list(tmp_path.iterdir()) == []


# One kernel after another, and beside another

POISON = """
import builtins, os, random, sys, torch, numpy
random.seed(1); numpy.random.seed(1); torch.manual_seed(1)
torch.set_default_dtype(torch.float64)
torch.rand = lambda *size: torch.zeros(*size)
torch.Tensor.__add__ = lambda self, other: self
torch.set_num_threads(1)
os.environ["POISON"] = "1"
builtins.poison = True
sys.modules["json"] = None
for folder in ("/tmp", "/content", os.path.expanduser("~")):
    open(os.path.join(folder, "poison"), "w").close()
os.makedirs(os.path.expanduser("~/.ipython/profile_default/startup"), exist_ok=True)
open(os.path.expanduser("~/.ipython/profile_default/startup/x.py"), "w").write("poison = True")
"""
WITNESS = """
import builtins, json, os, random, torch, numpy
print(random.random(), numpy.random.rand(), torch.rand(2), torch.get_default_dtype())
print(torch.ones(1) + 1, torch.get_num_threads(), sorted(os.environ))
print(hasattr(builtins, "poison"), "poison" in globals())
print([os.listdir(f) for f in ("/tmp", "/content", os.path.expanduser("~"))])
"""


def test_nothing_of_one_hand_in_reaches_the_next(fence: Sandbox) -> None:
    before = said(ran(fence, WITNESS))
    assert endings(ran(fence, POISON)) == ["finished"]
    after = said(ran(fence, WITNESS))
    assert "False False" in before[0]
    assert after == before


MEETING = """
import os, socket, time
own = socket.gethostname()
for folder in ("/tmp", "/dev/shm", "/content", os.path.expanduser("~")):
    open(os.path.join(folder, "mark-" + own), "w").close()
server = socket.create_server(("127.0.0.1", 5555))
hidden = socket.socket(socket.AF_UNIX)
hidden.bind("\\0meeting")
began = time.time()
time.sleep(1.5)
marks = [f for folder in ("/tmp", "/dev/shm", "/content", os.path.expanduser("~"))
         for f in os.listdir(folder) if f.startswith("mark-")]
processes = [p for p in os.listdir("/proc") if p.isdigit()]
print(own, len(set(marks)), len(marks), len(processes), began, time.time())
"""


def test_kernels_side_by_side_do_not_see_each_other(fence: Sandbox) -> None:
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: ran(fence, MEETING), range(2)))
    assert [endings(e) for e in found] == [["finished"]] * 2
    one, other = (said(e)[0].split() for e in found)
    assert one[0] != other[0]
    for seen in (one, other):
        assert [int(n) for n in seen[1:4]] == [1, 4, 1]
    assert max(float(one[4]), float(other[4])) < min(float(one[5]), float(other[5]))


def test_verdicts_do_not_hang_on_how_many_are_graded_at_a_time(tmp_path: Path) -> None:
    hand_ins = [HandIn(p, p.parent.name) for p in sorted(SAMPLES.rglob("*.ipynb"))]
    grades: list[dict[str, bytes]] = []
    for jobs in (1, 8):
        out = tmp_path / str(jobs)
        graded(hand_ins, out, Local(open_sandbox(FENCED, jobs=jobs), jobs))
        grades.append({p.parent.name: p.read_bytes() for p in sorted(out.rglob("grade.json"))})
    assert len(grades[0]) == len(hand_ins) == 5
    assert grades[0] == grades[1]
    assert b'"final": true' in grades[0]["amara"]


def graded(hand_ins: list[HandIn], out: Path, executor: Executor) -> list[Outcome]:
    """Outcomes of a batch of the first chapter."""
    known = load_assignment(ROOT, ID)
    asked = Asked(known, load_rubric(ROOT, known))
    works = [Work(hand_in, asked, out, FENCED) for hand_in in hand_ins]
    with executor, ticking(Console(quiet=True), len(works)) as ticker:
        return [outcome for _, outcome in carry_out(works, executor, ticker)]


# What dies


@pytest.mark.parametrize("which", ["the process that was started", "the one inside"])
def test_a_warm_parent_that_dies_is_started_again(tmp_path: Path, which: str) -> None:
    hand_in = HandIn(SAMPLES / "amara" / "00_fundamentals_exercises.ipynb", "amara")
    known = load_assignment(ROOT, ID)
    work = Work(hand_in, Asked(known, load_rubric(ROOT, known)), tmp_path, FENCED)
    fence = cast(Fence, open_sandbox(FENCED))
    with Local(fence, 1) as executor, ticking(Console(quiet=True), 1) as ticker:
        warm = fence.warm
        warm.start()
        folder = warm.folder
        assert warm._process
        process = psutil.Process(warm._process.pid)
        victim = process if which == "the process that was started" else process.children()[0]
        victim.kill()
        ((_, outcome),) = carry_out([work], executor, ticker)
        assert outcome.ending == "finished"
        assert warm.folder != folder
        assert not folder.exists()
        assert wait_until(lambda: not victim.is_running())


def sleeping_notebook(path: Path) -> Path:
    """A hand-in that runs, and whose kernel has children, until somebody ends it."""
    notebook = nbformat.read(ROOT / "assignments" / ID / "solution.ipynb", as_version=4)
    first = next(c for c in notebook.cells if c.cell_type == "code")
    first.source = "import subprocess\nsubprocess.run(['sleep', '100'])"
    nbformat.write(notebook, path)
    return path


def test_a_batch_that_is_killed_leaves_no_process_and_no_folder(tmp_path: Path) -> None:
    folder = tmp_path / "tmp"
    folder.mkdir()
    path = sleeping_notebook(tmp_path / "ann.ipynb")
    command = grader_command("grade", path, "-a", ID, "-o", tmp_path / "out")
    with subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        host = psutil.Process(process.pid)

        def sleeps() -> bool:
            return any(p.name() == "sleep" for p in living(host))

        assert wait_until(sleeps, 60)
        started = host.children(recursive=True)
        assert len(started) >= 4  # the warm parent twice, a kernel, its child
        assert [p for p in folder.iterdir() if p.name.startswith("grader-")]
        process.kill()
    assert wait_until(lambda: not any(p.is_running() for p in started))
    assert wait_until(lambda: list(folder.iterdir()) == [])


def living(host: psutil.Process) -> Iterator[psutil.Process]:
    for process in host.children(recursive=True):
        if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            yield process


# Other people's tools

SPEC = {
    "argv": [], "display_name": "fenced", "language": "python",
    "metadata": {"kernel_provisioner": {"provisioner_name": "grader-fenced"}},
}  # fmt: skip


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a kernelspec on disk that asks for the fence."""
    folder = tmp_path / "kernels" / "behind-a-fence"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(SPEC))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setattr(fenced, "PRELOAD", ())
    yield folder.name
    while fenced._kept:
        fenced._kept.pop().close()


def small_notebook() -> nbformat.NotebookNode:
    notebook = nbformat.v4.new_notebook()
    sources = ["import os, torch\nx = torch.ones(2).sum().item()", "print(x, os.getcwd())"]
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    return notebook


def test_plain_nbclient_and_papermills_way_run_behind_the_fence(
    spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    for _ in range(2):
        notebook = small_notebook()
        nbclient.NotebookClient(
            notebook, kernel_name=spec, timeout=300, startup_timeout=300
        ).execute()
        assert notebook.cells[1].outputs[0].text == "2.0 /content\n"
    notebook = small_notebook()
    client = nbclient.NotebookClient(notebook, kernel_name=spec, timeout=300, startup_timeout=300)
    with client.setup_kernel():  # as papermill does: cell by cell, keeping the kernel's manager
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index)
    assert notebook.cells[1].outputs[0].text == "2.0 /content\n"
    (warm,) = fenced._kept
    assert list((warm.folder / "runs").iterdir()) == []
    warm.close()
    assert not list(tmp_path.glob("grader-*"))


@pytest.mark.parametrize("now", [True, False], ids=["at once", "politely"])
def test_a_restarted_kernel_is_a_fresh_one_at_the_same_address(spec: str, now: bool) -> None:
    manager, client = start_new_kernel(kernel_name=spec)

    def told(code: str) -> str:
        texts: list[str] = []
        client.execute_interactive(
            code, timeout=300, output_hook=lambda m: texts.append(m["content"].get("text", ""))
        )
        return "".join(texts).strip()

    try:
        left = "x = 1; open('/tmp/left', 'w').close(); print(x)"
        assert told(left) == "1"
        for _ in range(2):
            manager.restart_kernel(now=now)
            client.wait_for_ready(timeout=300)
            assert told("import os; print('x' in globals(), os.path.exists('/tmp/left'))") == (
                "False False"
            )
            assert told(left) == "1"
        (warm,) = fenced._kept
        assert len(list((warm.folder / "runs").iterdir())) == 1
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert list((warm.folder / "runs").iterdir()) == []


# Where there is no fence to be had

WITHOUT = (
    "unshare", "--user", "--map-root-user", "sh", "-c",
    'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"', "sh",
)  # fmt: skip


def without_namespaces(out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Grade a hand-in on a machine that allows no namespaces."""
    command = grader_command("grade", SAMPLES / "amara", "-a", ID, "-o", out, *options)
    return subprocess.run(
        [*WITHOUT, *command], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_without_namespaces_nothing_is_graded_and_the_remedy_is_told(tmp_path: Path) -> None:
    done = without_namespaces(tmp_path)
    assert done.returncode == 4, done.stdout + done.stderr
    assert "a user namespace" in done.stderr
    assert "sysctl -w user.max_user_namespaces=15000" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert {p.name for p in tmp_path.rglob("*") if p.is_file()} == {
        ".lock",
        "grades.csv",
        "index.html",
    }
    assert len((tmp_path / "grades.csv").read_text().splitlines()) == 1


def test_without_namespaces_ones_own_code_is_graded_and_the_evidence_says_how(
    tmp_path: Path,
) -> None:
    done = without_namespaces(tmp_path, "--sandbox", NONE)
    assert done.returncode == 0, done.stdout + done.stderr
    folder = tmp_path / ID / "amara"
    assert json.loads((folder / "grade.json").read_text())["final"]
    assert read_evidence(folder / "evidence.jsonl").header.sandbox == NONE


# What floods

STILL = "print('still here')"
MOST_MB = 300


def memory_mb(field: str) -> float:
    """A field of this process's memory, such as VmRSS, or VmHWM for its peak."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split(f"{field}:")[1].split()[0]) / 1024


@pytest.fixture
def little_memory() -> Iterator[None]:
    """Fails where the host's memory jumps meanwhile."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak starts again
    before = memory_mb("VmRSS")
    yield
    assert memory_mb("VmHWM") - before < MOST_MB


@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize("huge", ["print('x' * 60_000_000)", "'x' * 60_000_000"])
def test_a_message_over_the_size_is_not_read_and_the_next_cell_runs(
    fence: Sandbox, huge: str
) -> None:
    evidence = ran(fence, huge, STILL)
    ended = [e.ending for e in evidence.everywhere(CellEnded)]
    assert ended == ["output_flood", "finished"]
    beginning, still = said(evidence)
    assert set(beginning) <= {"x", "\n", "[", "…", "]"}  # of a value nothing is kept
    assert still == "still here"
    assert evidence.header.ending == "finished"


ENDLESS = """
import os, socket
body = bytes(30 * 2**20)
for name in os.listdir("/proc/self/fd"):
    try:
        made = socket.socket(fileno=os.dup(int(name)))
        made.getpeername()
    except OSError:
        continue
    if str(made.getsockname()).endswith("-{port}"):
        made.setblocking(True)
        try:
            for _ in range(30):
                made.sendall(b"\\x03" + len(body).to_bytes(8, "big") + body)
        except OSError as problem:
            print(problem.strerror)
"""
"""A message of many large frames, the last of which never comes, past libzmq on this side."""


@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize("port", [1, 2])
def test_a_message_without_end_is_not_kept(fence: Sandbox, port: int) -> None:
    evidence = ran(fence, ENDLESS.format(port=port), STILL)
    assert evidence.everywhere(CellEnded)[0].ending == "output_flood"


SWOLLEN = """
session, kernel = get_ipython().kernel.session, get_ipython().kernel
def send(socket, kind, parent, ident=()):
    header = session.msg(kind, {{}}, parent)
    parts = [session.pack(header["header"]), session.pack(header["parent_header"]), b"{{}}",
             b'{{"{key}": [' + b"[]," * 10_000_000 + b"[]]}}"]
    socket.send_multipart([*ident, b"<IDS|MSG>", session.sign(parts), *parts])
"""
SHOWN = "send(kernel.iopub_socket, 'display_data', kernel.get_parent())"
ANSWERED = """
kernel.shell_handlers["evidence_request"] = (
    lambda stream, ident, parent: send(stream, "evidence_reply", parent, ident))
"""


@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize(("key", "how"), [("data", SHOWN), ("facts", ANSWERED)])
def test_a_message_that_would_swell_is_dropped_and_the_next_cell_runs(
    fence: Sandbox, key: str, how: str
) -> None:
    evidence = ran(fence, SWOLLEN.format(key=key) + how, STILL)
    first, second = evidence.everywhere(CellEnded)
    assert first.ending == "output_flood"
    assert (second.ending, said(evidence)[1]) == (
        "finished" if key == "data" else "output_flood", "still here",
    )  # fmt: skip


FOREIGN = """
kernel = get_ipython().kernel
for number in range(3000):
    kernel.session.send(kernel.iopub_socket, "status", {"execution_state": "busy"}, parent={})
print("all sent")
"""


def test_messages_that_belong_to_no_cell_are_counted_too(
    fence: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert said(ran(fence, FOREIGN, STILL)) == ["all sent", "still here"]
    monkeypatch.setattr("grader.run.relay.CELL_MESSAGES", 1000)
    evidence = ran(fence, FOREIGN, STILL)
    assert endings(evidence) == ["output_flood", "finished"]
    assert said(evidence)[1] == "still here"


@pytest.mark.usefixtures("little_memory")
def test_a_kernel_that_shows_without_end_is_cut(
    fence: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = partial(CountingClient, output_messages=1000)
    monkeypatch.setattr("grader.run.session.CountingClient", few)
    evidence = ran(fence, "for i in range(100_000): display(i)", STILL)
    first, second = evidence.everywhere(CellEnded)
    assert first.ending == "output_flood"
    assert (second.ending, said(evidence)[1]) == ("finished", "still here")
    assert len([o for o in evidence.everywhere(OutputSeen) if o.cell == 0]) <= 1000


def test_output_that_a_busy_host_takes_late_is_not_lost(
    fence: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Busy(CountingClient):
        def process_message(self, msg: object, cell: object, cell_index: int) -> object:
            time.sleep(0.005)
            return super().process_message(msg, cell, cell_index)

    monkeypatch.setattr("grader.run.session.CountingClient", Busy)
    evidence = ran(fence, "for i in range(1100): display(i)\nprint('the answer')", STILL)
    assert said(evidence)[0].endswith("1099the answer")
    assert said(evidence)[1] == "still here"


INSTEAD = """
kernel = get_ipython().kernel
def answer(stream, ident, parent):
    {answer}
kernel.shell_handlers["evidence_request"] = answer
"""
HUGE = "kernel.session.send(stream, 'evidence_reply', {'facts': ['x' * 50_000_000]}, parent, ident)"


@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize("answer", ["pass", HUGE], ids=["no answer", "50 MB"])
def test_a_kernel_that_does_not_answer_as_agreed_goes_on_without(
    fence: Sandbox, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    if answer == "pass":
        monkeypatch.setattr("grader.run.execute.ANSWER_S", 2.0)
    evidence = ran(fence, INSTEAD.format(answer=answer), STILL)
    assert said(evidence) == ["", "still here"]
    silent = [p.cell for p in evidence.everywhere(ProbeFailed) if p.probe == "wire"]
    assert silent == [0, 1]
    assert endings(evidence) == ["finished" if answer == "pass" else "output_flood"] * 2
