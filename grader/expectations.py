"""What each mistake notebook of an assignment must lose.

Read from `assignments/<id>/mistakes/expect.toml`. A mistake is a hand-in of the author's own, in
which one or two things are wrong as students really do them. It shows that the rubric sees what
it should see, and that nothing else is lost by it.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from grader.author_file import read_toml
from grader.errors import AuthorError, nearest
from grader.rubric import Rubric

EXPECT = "expect.toml"

LostBy = Literal["partly", "failed", "not_attempted", "blocked"]


class Expectation(BaseModel):
    """One mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hand_in: str = Field(description="its file beside expect.toml, with its ending")
    why: str = Field(pattern=r"\S", description="one sentence: what the student did")
    loses: list[str] = Field(
        [], description="ids of the criteria that earn less than full points for certain"
    )
    withholds: list[str] = Field(
        [], description="ids of the criteria whose points wait for a person"
    )
    verdicts: dict[str, LostBy] = Field(
        {}, description="by criterion, where it matters how it is lost"
    )
    needs_a_person: str | None = Field(
        None,
        pattern=r"\S",
        description="part of a reason for which a person must look; without it nobody may be"
        " needed, unless points are withheld",
    )


class ExpectText(BaseModel):
    """An expect.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mistake: list[Expectation] = []


def load_expectations(course: Path, rubric: Rubric) -> list[Expectation]:
    """What an assignment's mistakes must lose; nothing where it has no mistakes yet.

    Raises:
        AuthorError: everything that is wrong with expect.toml and the hand-ins beside it.
    """
    folder = course / "assignments" / rubric.assignment / "mistakes"
    path = folder / EXPECT
    hand_ins = [h.name for h in mistakes_in(folder)]
    if not path.exists():
        if hand_ins:
            raise AuthorError([f"{path}: is missing; it says what {', '.join(hand_ins)} must lose"])
        return []
    expected, told, problems = read_entries(path)
    problems += [f"{path}: {problem}" for problem in mismatches(told, hand_ins)]
    criteria = [c.id for c in rubric.criteria]
    for entry in expected:
        problems += [f"{path}: mistake {entry.hand_in}: {p}" for p in within(entry, criteria)]
    if problems:
        raise AuthorError(problems)
    return expected


def read_entries(path: Path) -> tuple[list[Expectation], list[str], list[str]]:
    """The entries that are well formed, the hand-ins that any entry names, and what is wrong."""
    try:
        entries = ExpectText.model_validate(read_toml(path, ExpectText)).mistake
        return entries, [e.hand_in for e in entries], []
    except AuthorError as problem:
        try:
            items = tomllib.loads(path.read_text(encoding="utf-8")).get("mistake")
        except (OSError, ValueError):
            raise problem from None
        tables = [i for i in items if isinstance(i, dict)] if isinstance(items, list) else []
        formed = [e for table in tables if (e := well_formed(table)) is not None]
        return formed, [str(t["hand_in"]) for t in tables if "hand_in" in t], problem.problems


def well_formed(table: dict[str, Any]) -> Expectation | None:
    """An entry, if nothing is wrong with its keys."""
    try:
        return Expectation.model_validate(table)
    except ValidationError:
        return None


def mistakes_in(folder: Path) -> list[Path]:
    """The hand-ins of a folder of mistakes: all but TOML and hidden files."""
    if not folder.is_dir():
        return []
    found = (p for p in folder.iterdir() if not p.name.startswith((".", "_")))
    return sorted(p for p in found if p.suffix.lower() != ".toml")


def mismatches(told: list[str], hand_ins: list[str]) -> list[str]:
    """Entries without a hand-in, hand-ins without an entry, and two entries for one."""
    problems = [f"mistake {n}: occurs twice" for n, count in Counter(told).items() if count > 1]
    without = [n for n in hand_ins if n not in told]
    problems += [
        f"mistake {n}: hand_in: there is no such file{nearest(n, without)}"
        for n in dict.fromkeys(told)
        if n not in hand_ins
    ]
    if without:
        add = "add a [[mistake]] with hand_in, why and loses"
        problems.append(f"no entry for {', '.join(without)}; {add}")
    return problems


def within(entry: Expectation, criteria: list[str]) -> list[str]:
    """What is wrong with one entry."""
    problems = [
        f"{key}: unknown criterion {name!r}{nearest(name, criteria)}"
        for key, names in (("loses", entry.loses), ("withholds", entry.withholds))
        for name in names
        if name not in criteria
    ]
    both = [name for name in entry.loses if name in entry.withholds]
    problems += [f"{name} is in loses and in withholds; keep one of them" for name in both]
    problems += [
        f"verdicts: {name!r} is not in loses{nearest(name, entry.loses)}"
        for name in entry.verdicts
        if name not in entry.loses
    ]
    if not entry.loses and not entry.withholds and not entry.needs_a_person:
        problems.append("loses nothing; a right answer belongs into solutions/")
    return problems
