"""Where a record's hand-in came from, as `source.json` beside it tells.

By it a later command knows its own record, and one that has to run again is found.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, NamedTuple, Self

from grader.submission import Arrival

SOURCE = "source.json"


class Whence(NamedTuple):
    """Where a hand-in came from, and how its run started.

    Attributes:
        path: of the file.
        arrival: how it came.
        salt: where its random generators started.
    """

    path: Path
    arrival: Arrival
    salt: int = 0

    def as_text(self) -> str:
        """What `source.json` holds; a path need not be text, so it is escaped."""
        told = {"path": os.path.abspath(self.path), "salt": self.salt, **self.arrival._asdict()}
        return json.dumps(told) + "\n"

    @classmethod
    def of_record(cls, folder: Path) -> Self | None:
        """What a record tells; None where it does not."""
        try:
            told: dict[str, Any] = json.loads((folder / SOURCE).read_text(encoding="utf-8"))
            beside, left_out, odd = (
                tuple(map(str, told[part])) for part in ("beside", "left_out", "odd")
            )
            arrival = Arrival(str(told["file"]), beside, left_out, odd, str(told["owner"]))
            return cls(Path(told["path"]), arrival, int(told["salt"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None


def own_names(out: Path, assignment: str, hand_ins: list[tuple[str, Path, str]]) -> list[str]:
    """Names under which no record of another file is replaced.

    A record of the same file, and one that does not say of which file it is, is replaced; so is
    one of the same owner, whose later export may lie elsewhere. Where a name is that of another
    file's record, it gets a number.

    Args:
        out: the folder of the records.
        assignment: whose records they are.
        hand_ins: the name of each student, all distinct, the file, and its owner in an export.
    """
    taken = {student.casefold() for student, _, _ in hand_ins}
    names = []
    for student, path, owner in hand_ins:
        name, count = student, 1
        while (count > 1 and name.casefold() in taken) or not free(
            out / assignment / name, path, owner
        ):
            count += 1
            name = f"{student}-{count}"
        taken.add(name.casefold())
        names.append(name)
    return names


def free(folder: Path, path: Path, owner: str = "") -> bool:
    """Whether a record's folder may be written for a file."""
    known = Whence.of_record(folder)
    if known is None:
        return True
    before = known.arrival.owner
    same_file = os.path.abspath(known.path) == os.path.abspath(path)
    return before == owner if before and owner else same_file
