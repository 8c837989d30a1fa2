"""The warm parent itself, and the fence in the worker processes of somebody else's engine."""

from __future__ import annotations

import ctypes
import errno
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import cast

import pytest

from grader.assignment import Assignment
from grader.errors import HostError
from grader.kernel.fence.calls import FenceError, _fail
from grader.kernel.warm import trouble
from grader.run.selftest import try_kernel
from grader.sandboxes.choose import FENCED, open_sandbox
from grader.sandboxes.fence import Fence
from grader.sandboxes.fenced import environment
from grader.sandboxes.warm_parent import WarmParent

pytestmark = pytest.mark.kernel


def test_what_is_preloaded_starts_no_threads_and_what_is_not_installed_is_passed_over() -> None:
    preload = Assignment.model_fields["preload"].get_default()
    with WarmParent([*preload, "no_such_module_anywhere"], environment(2)) as warm:
        warm.start()
        assert warm.left_out == []
        assert warm.missing == ["no_such_module_anywhere"]
        folder = warm.folder
        assert folder.exists()
    assert not folder.exists()


@pytest.fixture
def odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Modules that start threads as they are imported, one that does not, and a broken one."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    thread = "import threading, time\nthreading.Thread(target=time.sleep, args=({},)).start()\n"
    sources = {
        "busy_one": thread.format(60), "busy_two": f"import busy_one\n{thread.format(60)}",
        "busy_again": "import busy_one", "short": thread.format(0), "quiet": "",
        "broken": "raise RuntimeError",
    }  # fmt: skip
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return list(sources)


def test_what_starts_threads_is_left_out_and_imported_by_those_who_use_it(odd: list[str]) -> None:
    with open_sandbox(FENCED, preload=odd) as sandbox:
        warm = cast(Fence, sandbox).warm
        warm.start()
        assert sorted(warm.left_out) == ["busy_again", "busy_one", "busy_two"]
        assert warm.missing == ["broken"]
        assert [note.split()[0] for note in sandbox.notes] == warm.left_out
        assert try_kernel(sandbox).startswith("starts")


def test_where_torch_itself_starts_threads_nothing_is_forked() -> None:
    warm = WarmParent(["quiet", "busy"], {})
    warm._leave_out(["torch", "busy"])
    assert warm.left_out == ["busy"]
    with pytest.raises(HostError, match="importing torch starts threads"):
        warm._leave_out(["torch"])


def in_a_worker(_: int) -> str:
    with open_sandbox(FENCED) as sandbox:
        return try_kernel(sandbox)


def test_it_works_in_worker_processes() -> None:
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        assert all(said.startswith("starts") for said in pool.map(in_a_worker, range(2)))


def test_a_folder_that_is_gone_is_no_missing_fence() -> None:
    def failing(number: int) -> FenceError:
        ctypes.set_errno(number)
        with pytest.raises(FenceError) as failed:
            _fail("mounting tmpfs on a folder")
        return failed.value

    assert trouble(failing(errno.EPERM)).keys() == {"failed"}
    assert trouble(OSError(errno.ENOENT, "no /proc")).keys() == {"failed"}
    assert trouble(failing(errno.ENOENT)).keys() == {"broken"}
    assert trouble(RuntimeError("x")).keys() == {"broken"}
