"""Brings the files that a cell saved out of its kernel, right after the cell.

The kernel's folders lie in memory that nobody else sees and that goes with it, so the bytes
travel over the channel that evidence travels on, in sealed pieces. What comes is hostile: it is
kept as bytes, and looked into by a process that dies afterwards, never by this one.
"""

from __future__ import annotations

import asyncio
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from grader.assignment import Assignment
from grader.facts import Fact, FileWritten, ProbeFailed, Saved
from grader.run.challenge import QUESTION as CHALLENGE
from grader.run.live import Live, question_to_live
from grader.run.session import Session
from grader.trouble import UNBROUGHT

QUESTION = "file_request"
MOST_BROUGHT = 64 * 2**20
"""Bytes of all files of one run."""
MOST_FILES = 8
"""Files of one cell, as the kernel lists them."""
LISTING = -1
ALL_S = 60.0
"""For all files of one cell, and the questions about them."""


class NotSealed(Exception):
    """What came is not as the probes gave it."""


class OutOfRun(NamedTuple):
    """A file that came out of a run.

    Attributes:
        fact: that it did, or why not.
        data: its bytes, where they came.
        live: what the model it was saved from gave then, where that was asked.
    """

    fact: FileWritten
    data: bytes | None
    live: Live | None = None


class Listed(NamedTuple):
    """A file that a kernel says there is: its path as told, its size or what is wrong with it."""

    number: int
    path: str
    size: int | None
    why: str


class Bringing:
    """Brings files out of one run.

    Args:
        session: whose kernel saves them.
        assignment: says for which exercises.

    Attributes:
        files: that came, in order.
    """

    def __init__(self, session: Session, assignment: Assignment) -> None:
        self._session = session
        self._exercises = {e.id for e in assignment.exercise if e.reload}
        self.files: list[OutOfRun] = []

    def wants(self, cell: int, facts: Iterable[Fact]) -> bool:
        """Whether a cell saved something that is to come out; facts are of all cells so far."""
        own = (f for f in facts if f.cell == cell and f.exercise in self._exercises)
        return any(isinstance(f, Saved) and f.path is not None for f in own)

    async def after(self, cell: int, facts: Sequence[Fact]) -> list[Fact]:
        """What a cell saved, right after it.

        Args:
            cell: its index.
            facts: of all cells so far.

        Raises:
            Exception: of any kind: what comes back is student-made as far as we know.
        """
        where = {"cell": cell, "exercise": next(f.exercise for f in facts if f.cell == cell)}
        found: list[Fact] = []
        why = ""
        try:
            async with asyncio.timeout(ALL_S):
                told = await self._asked(number=LISTING)
                if told and told[0]:
                    why = f"more than {MOST_FILES} files were saved; the last ones came out"
                for file in listed(told[1:]):
                    live = await self._live(cell, file, facts)
                    brought = await self._brought(file, where)
                    self.files.append(brought._replace(live=live))
                    found.append(brought.fact)
        except TimeoutError:
            why = UNBROUGHT
        except NotSealed as problem:
            why = str(problem)
        return [*found, *([ProbeFailed(**where, probe="files", problem=why)] if why else [])]

    async def _brought(self, file: Listed, where: dict[str, Any]) -> OutOfRun:
        """A file that the kernel listed."""
        data, why = await self._contents(file)
        sha256 = None if data is None else hashlib.sha256(data).hexdigest()
        fact = FileWritten(**where, path=file.path, size=file.size, why=why, sha256=sha256)
        return OutOfRun(fact, data)

    async def _contents(self, file: Listed) -> tuple[bytes | None, str]:
        """A file's bytes; None and why where they do not come."""
        room = MOST_BROUGHT - sum(len(f.data or b"") for f in self.files)
        if file.size is None:
            return None, file.why or "it could not be measured"
        if file.size > room:
            return None, f"it holds {file.size} bytes, more than the {room} there is room for"
        data = b""
        while len(data) < file.size:
            told = await self._asked(number=file.number, start=len(data))
            piece = bytes_in(told)
            if not piece:
                return None, "it became shorter while it was read"
            data += piece
        return data[: file.size], ""

    async def _asked(self, **asked: int) -> list[Any]:
        """What the kernel says of its files.

        Raises:
            NotSealed: that is not as the probes gave it.
        """
        answer = await self._session.question(QUESTION, **asked)
        told = answer.content.get("facts")
        if not answer.genuine or not isinstance(told, list):
            raise NotSealed("what came was not what was read there")
        return told

    async def _live(self, cell: int, file: Listed, facts: Sequence[Fact]) -> Live | None:
        """What the model that a file was saved from gives for inputs of ours."""
        asked = question_to_live(cell, file.path, file.number, facts)
        if asked is None:
            return None
        answer = await self._session.question(CHALLENGE, challenges=asked.content)
        return asked.answered(answer.content.get("facts")) if answer.genuine else None


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


def bytes_in(told: Sequence[object]) -> bytes:
    """The bytes of one piece; none for what is not in the agreed form."""
    try:
        return binascii.a2b_base64(str(told[0]))
    except (binascii.Error, ValueError, IndexError):
        return b""
