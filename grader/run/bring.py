"""Brings the files that a cell saved out of its kernel, right after the cell.

The kernel's folders lie in memory that nobody else sees and that goes with it, so the bytes
travel over the channel that evidence travels on, in sealed pieces. What comes is hostile: it is
kept as bytes, and looked into by a process that dies afterwards, never by this one.
"""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from grader.facts import Fact, FileWritten, ProbeFailed
from grader.run.ask import Answer
from grader.run.session import Session

QUESTION = "file_request"
MOST_BROUGHT = 64 * 2**20
"""Bytes of all files of one run."""
MOST_FILES = 8
"""Files of one cell, as the kernel lists them."""
LISTING = -1
NOT_SEALED = "what came was not what was read there"


class OutOfRun(NamedTuple):
    """A file that came out of a run: the fact, and the bytes where they came."""

    fact: FileWritten
    data: bytes | None


class Listed(NamedTuple):
    """A file that a kernel says there is: its path as told, its size or what is wrong with it."""

    number: int
    path: str
    size: int | None
    why: str


async def bring(
    session: Session, cell: int, exercise: str | None, room: int
) -> tuple[list[OutOfRun], list[Fact]]:
    """The files that the cell saved last, and what could not be seen of them.

    Args:
        session: whose kernel ran the cell and answered for it.
        cell: its index.
        exercise: that it answers.
        room: how many bytes may come.

    Raises:
        Exception: of any kind: what comes back is student-made as far as we know.
    """
    answer = await session.question(QUESTION, number=LISTING)
    told = answer.content.get("facts")
    if not answer.genuine or not isinstance(told, list):
        return [], [ProbeFailed(cell=cell, exercise=exercise, probe="files", problem=NOT_SEALED)]
    found: list[OutOfRun] = []
    for file in listed(told[1:]):
        data, why = await contents(session, file, room)
        room -= len(data or b"")
        fact = FileWritten(
            cell=cell, exercise=exercise, path=file.path, size=file.size, why=why,
            sha256=None if data is None else hashlib.sha256(data).hexdigest(),
        )  # fmt: skip
        found.append(OutOfRun(fact, data))
    if told and told[0]:
        problem = f"more than {MOST_FILES} files were saved; the last ones were brought out"
        return found, [ProbeFailed(cell=cell, exercise=exercise, probe="files", problem=problem)]
    return found, []


def listed(told: Sequence[object]) -> list[Listed]:
    """The files of a kernel's list, as far as it is in the agreed form."""
    files = []
    for number, item in enumerate(told[:MOST_FILES]):
        if not isinstance(item, list) or len(item) != 3:
            continue
        path, size, why = item
        known = isinstance(size, int) and 0 <= size < 2**63
        if isinstance(path, str) and isinstance(why, str):
            files.append(Listed(number, path[:500], size if known else None, why[:300]))
    return files


async def contents(session: Session, file: Listed, room: int) -> tuple[bytes | None, str]:
    """A file's bytes; None and why where they do not come."""
    if file.size is None:
        return None, file.why or "it could not be measured"
    if file.size > room:
        return None, f"it holds {file.size} bytes, more than the {room} there is room for"
    data = b""
    while len(data) < file.size:
        piece = bytes_in(await session.question(QUESTION, number=file.number, start=len(data)))
        if piece is None:
            return None, NOT_SEALED
        if not piece:
            return None, "it became shorter while it was read"
        data += piece
    return data[: file.size], ""


def bytes_in(answer: Answer) -> bytes | None:
    """The bytes of one piece; None for what is not as the probes gave it."""
    told = answer.content.get("facts")
    if not answer.genuine or not isinstance(told, list) or len(told) != 1:
        return None
    try:
        return binascii.a2b_base64(told[0])
    except (binascii.Error, ValueError, TypeError):
        return None
