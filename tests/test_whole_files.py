"""Files are there completely or not at all, and nothing of a killed command stays."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from grader.batch.lock import holding
from grader.whole_files import clear_parts, write_file, written_aside

KILLED = """
import os, sys
from pathlib import Path
from grader.whole_files import write_file

def pieces():
    yield "the first half"
    os.kill(os.getpid(), 9)

write_file(Path(sys.argv[1]), pieces())
"""


def test_what_a_killed_command_left_unfinished_is_removed_by_the_next(tmp_path: Path) -> None:
    record = tmp_path / "out" / "00-fundamentals" / "anna"
    record.mkdir(parents=True)
    page = record / "report.html"
    write_file(page, "whole")
    done = subprocess.run([sys.executable, "-c", KILLED, page], check=False)
    assert done.returncode == -9
    assert page.read_text() == "whole"
    assert len(list(record.iterdir())) == 2
    with holding(tmp_path / "out", "grader grade"):
        assert list(record.iterdir()) == [page]


def test_only_parts_of_ours_are_removed(tmp_path: Path) -> None:
    kept = {
        ".env",
        ".a.grader-part",
        "index.html",
        ".notes-abcdefgh.grader-part.bak",
        "x-abcdefgh.grader-part",
    }
    for name in kept:
        (tmp_path / name).write_text("theirs")
    (tmp_path / ".folder-abcdefgh.grader-part").mkdir()
    deep = tmp_path / "a" / "b" / "c" / ".index.html-abcdefgh.grader-part"  # below what a batch has
    deep.parent.mkdir(parents=True)
    deep.write_text("theirs")
    elsewhere = tmp_path.parent / f"{tmp_path.name}-elsewhere"
    elsewhere.mkdir()
    (elsewhere / ".index.html-abcdefgh.grader-part").write_text("theirs")
    (tmp_path / "link").symlink_to(elsewhere)
    part = written_aside(tmp_path / "index.html", "half")
    assert part.exists()
    clear_parts(tmp_path)
    assert not part.exists()
    assert {p.name for p in tmp_path.iterdir()} == kept | {
        ".folder-abcdefgh.grader-part",
        "a",
        "link",
    }
    assert list(elsewhere.iterdir())
    assert deep.exists()
