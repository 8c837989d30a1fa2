"""How many hand-ins at a time a machine is large enough for."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from grader.assignment import Limits
from grader.cli.options import Jobs, jobs_at_a_time
from grader.sandboxes import machine

LIMITS = Limits(memory_mb=6144, disk_mb=1024)


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Control groups that a test writes; this process is in one called a/b."""
    read = Path.read_text

    def read_text(path: Path, encoding: str | None = None) -> str:
        if str(path) == "/proc/self/cgroup":
            return (tmp_path / "own").read_text(encoding)
        return read(path, encoding)

    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "memory" / "a" / "b").mkdir(parents=True)
    (tmp_path / "own").write_text("0::/a/b\n")
    monkeypatch.setattr(machine, "GROUPS", tmp_path)
    monkeypatch.setattr(Path, "read_text", read_text)
    return tmp_path


def test_without_limits_the_machines_memory_counts(groups: Path) -> None:
    whole = psutil.virtual_memory().total // 2**20
    assert machine.memory_mb() == whole
    (groups / "a" / "b" / "memory.max").write_text("max\n")
    assert machine.memory_mb() == whole
    (groups / "own").unlink()
    assert machine.memory_mb() == whole


@pytest.mark.parametrize("group", ["a/b", "a", "."])
def test_a_container_has_what_its_group_or_one_around_it_allows(groups: Path, group: str) -> None:
    (groups / group / "memory.max").write_text(f"{300 * 2**20}\n")
    (groups / "a" / "b" / "memory.high").write_text("1\n")
    assert machine.memory_mb() == 300


def test_the_older_kind_of_group_counts_too(groups: Path) -> None:
    (groups / "own").write_text("5:cpu,cpuacct:/x\n4:hugetlb,memory:/a/b\n0::/\n")
    (groups / "memory" / "a" / "memory.limit_in_bytes").write_text(f"{200 * 2**20}\n")
    assert machine.memory_mb() == 200


@pytest.mark.parametrize(("gigabytes", "fitting"), [(1, 1), (7, 1), (8, 1), (15, 2), (64, 9)])
def test_as_many_fit_as_may_take_all_they_may(
    monkeypatch: pytest.MonkeyPatch, gigabytes: int, fitting: int
) -> None:
    monkeypatch.setattr(machine, "memory_mb", lambda: gigabytes * 1024)
    assert machine.jobs_that_fit(LIMITS) == fitting


def chosen(patched: pytest.MonkeyPatch, asked: int | None, *, cores: int, gigabytes: int) -> Jobs:
    patched.setattr(machine, "cores", lambda: cores)
    patched.setattr(machine, "memory_mb", lambda: gigabytes * 1024)
    return jobs_at_a_time(asked, 20, LIMITS)


@pytest.mark.parametrize(("cores", "gigabytes", "number"), [(2, 64, 2), (32, 512, 20), (1, 7, 1)])
def test_where_memory_is_enough_nothing_is_told(
    monkeypatch: pytest.MonkeyPatch, cores: int, gigabytes: int, number: int
) -> None:
    assert chosen(monkeypatch, None, cores=cores, gigabytes=gigabytes) == (number, "")


def test_the_default_is_never_more_than_memory_allows_and_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert chosen(monkeypatch, None, cores=8, gigabytes=16) == (
        2, "2 at a time, not 8: each may take 7.0 GiB of memory, and there are 16.0 GiB;"
        " --jobs 8 does it all the same",
    )  # fmt: skip


def test_more_than_fit_are_graded_if_they_are_asked_for_and_it_is_told_what_may_happen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert chosen(monkeypatch, 8, cores=8, gigabytes=16) == (
        8, "memory may run short: 8 at a time may take 7.0 GiB each, and there are 16.0 GiB;"
        " what the system ends for that runs once more alone; --jobs 2 fits",
    )  # fmt: skip
    assert chosen(monkeypatch, 2, cores=8, gigabytes=16) == (2, "")


def test_where_one_is_too_many_its_limits_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    number, note = chosen(monkeypatch, None, cores=8, gigabytes=4)
    assert number == 1
    assert note.endswith("and there are 4.0 GiB; what the system ends for that runs once more"
                         " alone; [limits] can give it less")  # fmt: skip
