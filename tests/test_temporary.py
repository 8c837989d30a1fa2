"""Temporary folders of any length, and none at all."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from ordinary_user import as_ordinary_user

from grader.errors import HostError
from grader.sandboxes.temporary import ADDRESS_BYTES, ShortWay, check_temporary, temporary_folder

ROOT = Path(__file__).parents[1]
ID = "00-fundamentals"
SAMPLE = ROOT / "submissions" / ID / "amara"
AS_ROOT = os.geteuid() == 0


@pytest.fixture
def long(tmp_path: Path) -> Path:
    """A folder whose path has 150 characters and more."""
    folder = tmp_path / ("d" * max(1, 150 - len(str(tmp_path))))
    folder.mkdir()
    assert len(str(folder)) >= 150
    return folder


def test_a_long_folder_has_a_short_name_for_sockets(long: Path) -> None:
    inner = long / "runs"
    inner.mkdir()
    way = ShortWay(long)
    address = way.to(inner / "k")
    with socket.socket(socket.AF_UNIX) as one, socket.socket(socket.AF_UNIX) as other:
        one.bind(address)
        one.listen()
        other.connect(address)
    assert (inner / "k").is_socket()
    way.close()


def test_a_short_folder_goes_by_its_own_name() -> None:
    way = ShortWay(Path("/"))
    assert way.to(Path("/srv/grader-1234/k")) == "/srv/grader-1234/k"
    way.close()


def test_a_folder_for_sockets_is_short_and_any_other_lies_where_it_is_asked_for(
    long: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(long))
    folder, short = temporary_folder(), temporary_folder(short=True)
    assert folder.parent == long
    assert len(str(short)) + 10 < ADDRESS_BYTES
    for made in (folder, short):
        assert made.stat().st_mode & 0o077 == 0
        made.rmdir()


@pytest.mark.parametrize("kind", ["missing", "a file"])
def test_a_folder_that_is_none_is_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    (tmp_path / "a file").touch()
    monkeypatch.setenv("TMPDIR", str(tmp_path / kind))
    with pytest.raises(HostError, match=r"no temporary folder can be made .* export TMPDIR="):
        check_temporary()


def test_looking_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    check_temporary()
    assert list(tmp_path.iterdir()) == []


def graded(tmpdir: Path, out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "grader", "grade", str(SAMPLE), "-a", ID, "-o", str(out),
               *options]  # fmt: skip
    if AS_ROOT:
        command = as_ordinary_user(command, writable=[out])
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, "TMPDIR": str(tmpdir)}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip


@pytest.mark.kernel
@pytest.mark.slow
@pytest.mark.parametrize("sandbox", ["fenced", "none"])
def test_hand_ins_are_graded_with_a_long_one(long: Path, sandbox: str) -> None:
    done = graded(long, long, "--sandbox", sandbox)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "100 of 100 points" in done.stdout
    assert list(long.glob("grader-*")) == []
    assert (long / "grades.csv").exists()


@pytest.mark.slow
def test_without_one_nothing_is_graded_and_it_is_told_why(tmp_path: Path) -> None:
    closed, out = tmp_path / "closed", tmp_path / "out"
    closed.mkdir(mode=0o555)
    out.mkdir()
    done = graded(closed, out)
    assert done.returncode == 4
    assert done.stderr.startswith(f"grader: {closed}: no temporary folder can be made there (")
    assert len(done.stderr.splitlines()) == 1
