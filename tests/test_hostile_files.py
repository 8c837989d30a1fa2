"""Hand-ins whose name, kind or form is the attack: rows 17, 31, 38, 39, 40 and 44 of the list."""

from __future__ import annotations

import csv
import io
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from bait import ASSIGNMENT, ROOT, Ground, digest
from hostile_batch import innocent, measuring

pytestmark = pytest.mark.kernel

NAMES = (
    "-rf", "--out=x", '=HYPERLINK("http:example.org")', "@SUM(A1)", "+1", "new\nline",
    "colour\x1b[31m\x07\x9b2J", "::set-output name=x::y", "Ωμέγα 李 ñ", "\u202egnp", "a" * 240,
    "%2e%2e%2fx", "x..y..", "$(touch hostile-trace)", "`id`; rm -rf x", "<script>alert(1)",
    "[red]{student}", "CON", "a\\..\\..\\b", "ﬁ", "a,b;c\"d'",
)  # fmt: skip
NO_TEXT = b"\xff\xfe name.ipynb"
NO_FILES = ("link-", "pipe", "socket")
HUGE = 3 * 2**30
MOST_MEMORY_MB = 1200
FORMS = {
    "empty": b"",
    "nested": b"[" * 1_000_000,
    "nested-cells": b'{"nbformat": 4, "cells": ' + b"[" * 900 + b"]" * 900 + b"}",
    "long-number": b'{"nbformat": ' + b"4" * 5000 + b"}",
    "no-text": bytes(range(256)) * 100,
    "not-a-list": b'{"nbformat": 4, "cells": NaN}',
    "odd-cells": json.dumps(
        {"nbformat": 4, "cells": [None, 1, [], {}, {"cell_type": ["code"]}, {"cell_type": "code"},
         {"cell_type": "code", "source": {"a": 1}}, {"cell_type": "code", "source": [[1], None]},
         {"cell_type": "markdown", "source": 5, "metadata": 7, "outputs": 9}]}
    ).encode(),
    "many-cells": json.dumps(
        {"nbformat": 4, "cells": [{"cell_type": "markdown", "source": "## 2. A"}] * 20_000}
    ).encode(),
}  # fmt: skip


class Graded(NamedTuple):
    """What came of the folder of odd files."""

    ground: Ground
    code: int
    said: str
    memory_mb: float
    before: dict[str, str]

    @property
    def records(self) -> dict[str, str]:
        """The submission that each student's record is about."""
        found = self.ground.out.glob(f"{ASSIGNMENT}/*/grade.json")
        return {p.parent.name: json.loads(p.read_bytes())["submission"] for p in found}

    @property
    def table(self) -> list[dict[str, str]]:
        """The lines of grades.csv."""
        text = (self.ground.out / "grades.csv").read_text(encoding="utf-8")
        return list(csv.DictReader(io.StringIO(text)))


BLANK = b'{"nbformat": 4}'
"""Needs no kernel: it cannot be read, and the reason names the file."""


def lay_out(ground: Ground) -> None:
    """Write files of odd names, kinds and forms."""
    folder = ground.hand_ins
    for name in NAMES:
        (folder / f"{name}.ipynb").write_bytes(BLANK)
    Path(os.fsdecode(os.fsencode(folder) + b"/" + NO_TEXT)).write_bytes(BLANK)
    for kind, data in FORMS.items():
        (folder / f"form-{kind}.ipynb").write_bytes(data)
    with (folder / "form-huge.ipynb").open("wb") as file:
        file.truncate(HUGE)
    for place in ("one", "two"):
        (folder / place).mkdir()
        (folder / place / "twin.ipynb").write_bytes(BLANK)
    (folder / "three").mkdir()
    (folder / "three" / "TWIN.ipynb").write_bytes(BLANK)
    (folder / "amara.ipynb").write_bytes(innocent("amara"))
    links = {
        "another": folder / "amara.ipynb", "nothing": folder / "none", "zero": Path("/dev/zero"),
        "environment": Path("/proc/self/environ"), "secret": ground.home / "secret.txt",
        "rubric": ground.course / "rubrics" / f"{ASSIGNMENT}.toml",
        "record": ground.out / ASSIGNMENT / "earlier" / "executed.ipynb",
    }  # fmt: skip
    for name, target in links.items():
        (folder / f"link-{name}.ipynb").symlink_to(target)
    (folder / "around").symlink_to(folder)
    (folder / "out").symlink_to(ground.out)
    (folder / "folder.ipynb").mkdir()
    (folder / "folder.ipynb" / "inner.ipynb").write_bytes(BLANK)
    os.mkfifo(folder / "pipe.ipynb")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(folder / "socket.ipynb"))


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """The folder, graded as an instructor would."""
    ground = Ground(tmp_path_factory.mktemp("f"))
    lay_out(ground)
    before = digest([*ground.watched, ground.hand_ins])
    command = [sys.executable, "-m", "grader", "grade", str(ground.hand_ins), "-a", ASSIGNMENT,
               "--course", str(ground.course), "--out", str(ground.out)]  # fmt: skip
    process = subprocess.Popen(
        command, cwd=ROOT, env=ground.environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="surrogateescape",
    )  # fmt: skip
    with measuring(process.pid, ground.tmp) as most:
        said, _ = process.communicate(timeout=240)
    return Graded(ground, process.returncode, said, most["memory"], before)


def test_the_command_ends_well(graded: Graded) -> None:
    assert graded.code == 0, graded.said[-3000:]
    assert "Traceback" not in graded.said


def test_every_file_has_one_record_of_its_own_in_the_folder_of_records(graded: Graded) -> None:
    files = [p for p in graded.ground.hand_ins.rglob("*.ipynb")
             if p.is_file() and not p.is_symlink()]  # fmt: skip
    own = graded.ground.out / ASSIGNMENT
    assert {p.name for p in graded.ground.out.iterdir()} == {
        ASSIGNMENT, ".lock", "grades.csv", "index.html", "secret.txt"
    }  # fmt: skip
    assert len(graded.records) == len(graded.table)
    assert len([n for n in graded.records if not n.startswith(NO_FILES)]) == len(files)
    assert {p.parent for p in own.rglob("*") if p.is_file()} == set(own.iterdir())


def test_a_name_is_harmless_wherever_it_stands(graded: Graded) -> None:
    for name in [*graded.records, *(line["student"].lstrip("'") for line in graded.table)]:
        assert name.isprintable(), repr(name)
        assert "/" not in name
        assert name not in ("", ".", "..")
    for line in graded.table:
        assert not line["student"].startswith(("=", "+", "-", "@", "\t", "\r"))
    said = graded.said
    assert [c for c in said if not c.isprintable() and c != "\n"] == []
    assert [line for line in said.splitlines() if line.startswith("::")] == []


def test_a_link_is_nobodys_hand_in(graded: Graded) -> None:
    shas = list(graded.records.values())
    (amara,) = (sha for name, sha in graded.records.items() if name == "amara")
    assert shas.count(amara) == 1
    earned = {line["student"]: line["earned_so_far"] for line in graded.table}
    assert {s: e for s, e in earned.items() if e != "0"} == {"amara": "100"}


def test_no_secret_was_read(graded: Graded) -> None:
    records = graded.ground.out / ASSIGNMENT
    files = [p for p in records.rglob("*") if p.is_file() and p.parent.name != "earlier"]
    texts = [p.read_text(encoding="utf-8", errors="replace") for p in files] + [graded.said]
    found = {where for where, secret in graded.ground.secrets.items()
             if any(secret in text for text in texts)}  # fmt: skip
    assert found == set()


def test_nothing_was_changed(graded: Graded) -> None:
    assert digest([*graded.ground.watched, graded.ground.hand_ins]) == graded.before


def test_no_file_is_read_before_its_size_is_known(graded: Graded) -> None:
    assert graded.memory_mb < MOST_MEMORY_MB


@pytest.mark.parametrize("kind", ["pipe", "socket", "link-another", "link-secret", "link-zero"])
def test_a_thing_that_is_no_file_is_told_so(graded: Graded, kind: str) -> None:
    (line,) = [line for line in graded.table if line["student"] == kind]
    assert (line["final"], line["ending"], line["earned_so_far"]) == ("no", "unreadable", "0")
    assert kind in line["needs_a_person"]
