"""The folder of one graded hand-in: `DIR/<assignment>/<student>/`.

A batch may be ended by anything, at any moment: killed, out of disk, without power. So a record is
on the disk before it is settled, and what settles it, `keys.json`, names the bytes of its files.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from grader.errors import HostError
from grader.evidence import Evidence
from grader.grade import Grade
from grader.keys import Keys
from grader.whence import SOURCE, Whence
from grader.whole_files import on_disk, write_whole, written_aside

EVIDENCE = "evidence.jsonl"
EXECUTED = "executed.ipynb"
GRADE = "grade.json"
KEYS = "keys.json"


def folder_of(out: Path, grade: Grade) -> Path:
    """Where a hand-in's record lies."""
    return out / grade.assignment / grade.student


def write_record(
    out: Path,
    evidence: Evidence,
    grade: Grade,
    executed: str | None,
    whence: Whence | None = None,
) -> Path:
    """Write a hand-in's files, the grade last: where it exists, the record is whole.

    An earlier record stays where the disk has no room for the new one.

    Args:
        out: the batch's folder.
        evidence: of the run.
        grade: what it earned.
        executed: the notebook with the outputs of our run, as JSON; None where none ran.
        whence: where the hand-in came from.

    Raises:
        HostError: the folder cannot be written.
    """
    folder = folder_of(out, grade)
    texts = {
        EVIDENCE: "\n".join(evidence.lines()) + "\n",
        **({} if executed is None else {EXECUTED: executed}),
        **({} if whence is None else {SOURCE: whence.as_text()}),
        GRADE: as_json(grade),
    }
    parts: dict[Path, Path] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():  # all of it, before anything of an earlier record goes
            parts[folder / name] = written_aside(folder / name, text, lasting=True)
        for name in (KEYS, GRADE):
            (folder / name).unlink(missing_ok=True)
        if executed is None:
            (folder / EXECUTED).unlink(missing_ok=True)
        for path, part in parts.items():
            os.replace(part, path)
        on_disk(folder)
    except OSError as problem:
        raise HostError(f"{folder}: cannot be written: {problem.strerror}") from problem
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
    return folder


def settle(folder: Path, keys: Keys, *, lasting: bool = True) -> None:
    """Say that a whole record is the last word on its hand-in, as long as its keys are these.

    Args:
        folder: of the record.
        keys: what it hangs on; without a key of the marks, only its run counts, not its grade.
        lasting: whether that has to be on the disk before this returns, should the power fail.

    Raises:
        HostError: the folder cannot be read or written.
    """
    try:
        told = json.dumps({**keys._asdict(), "files": digests(folder)})
        write_whole(folder / KEYS, told + "\n", lasting=lasting)
        if lasting:
            on_disk(folder)
    except OSError as problem:
        raise HostError(f"{folder}: cannot be written: {problem.strerror}") from problem


def settled(folder: Path) -> Keys | None:
    """The keys of a settled record; None where there is none, or its run is not what it was.

    Where only its grade is not what it was, or was about to change, the key of its marks is empty.
    """
    try:
        told = json.loads((folder / KEYS).read_text(encoding="utf-8"))
        keys, then, now = Keys(str(told["run"]), str(told["mark"])), told["files"], digests(folder)
        if any(then.get(name) != now.get(name) for name in (EVIDENCE, EXECUTED)):
            return None
        return keys if then[GRADE] == now.get(GRADE) else keys._replace(mark="")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def digests(folder: Path) -> dict[str, str]:
    """What the bytes of a record's files come to, for those that there are."""
    files = (folder / name for name in (EVIDENCE, EXECUTED, GRADE))
    there = {path.name: path.read_bytes() for path in files if path.is_file()}
    return {name: hashlib.blake2b(data, digest_size=16).hexdigest() for name, data in there.items()}


def as_json(grade: Grade) -> str:
    """A grade as `grade.json`."""
    data = grade.model_dump(mode="json", by_alias=True)
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def folders(out: Path) -> list[Path]:
    """The folders of all records below a batch's folder, whole or not, in order."""
    return sorted({p.parent for name in (EVIDENCE, GRADE) for p in out.glob(f"*/*/{name}")})


class Grades:
    """The grades of whole records, read one by one each time they are gone through.

    Args:
        found: the folders of the records.
    """

    def __init__(self, found: Iterable[Path]) -> None:
        self._found = tuple(found)

    def __iter__(self) -> Iterator[Grade]:
        for folder in self._found:
            try:
                yield Grade.model_validate_json((folder / GRADE).read_bytes())
            except (OSError, ValueError):
                continue  # of another version, or cut short: not a whole record


def check_writable(out: Path, elsewhere: str) -> None:
    """Find out before the first hand-in runs whether results can be kept.

    Args:
        out: the folder of the records.
        elsewhere: the option or variable that names another folder; empty where none does.

    Raises:
        HostError: the folder cannot be made or written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=out):
            pass
    except OSError as problem:
        raise HostError(
            f"{out}: cannot be written ({problem.strerror}){another(elsewhere)}"
        ) from problem


def another(elsewhere: str) -> str:
    """How another folder is named, at the end of a sentence."""
    return f"; {elsewhere} names another folder" if elsewhere else ""
