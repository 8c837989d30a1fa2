"""The ladders of hints, read as text: from a rubric's file, and from the files of faults.

A hint should be there at once. To load a rubric with its checks, and to import every fault, takes
many times as long as all that a hint needs, so their texts are read where they stand.
"""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from grader.errors import AuthorError
from grader.tutor.hints import Help, Ladder

if TYPE_CHECKING:
    from grader.rubric import Rubric

FAULTS = Path(__file__).parent / "faults"


class Ladders(NamedTuple):
    """What a rubric's file tells of hints.

    Attributes:
        help: what the instructor allows.
        exercises: the ladders of the public criteria of each exercise, in order.
    """

    help: Help
    exercises: dict[str, list[Ladder]]


def ladders_of(course: Path, assignment: str) -> Ladders:
    """The ladders of an assignment's public criteria.

    Raises:
        AuthorError: the file cannot be read.
    """
    path = course / "rubrics" / f"{assignment}.toml"
    try:
        told: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        found: dict[str, list[Ladder]] = {}
        for item in told["criterion"]:
            own = found.setdefault(str(item["exercise"]), [])
            if item.get("visibility", "public") == "public":
                rungs = tuple(map(str, item["hints"]))
                own.append(Ladder(item["id"], item["title"], rungs, item.get("component", "")))
        return Ladders(told.get("help", "open"), found)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        said = f"{path}: cannot be read: {problem!r}; `grader prove {assignment}` says more"
        raise AuthorError([said]) from problem


def public_ladders(rubric: Rubric, exercise: str) -> list[Ladder]:
    """The same of one exercise, where the rubric is read already."""
    public = [c for c in rubric.of(exercise) if c.visibility == "public"]
    return [Ladder(c.id, c.title, tuple(c.hints), c.component or "") for c in public]


def fault_ladder(fault: str) -> Ladder | None:
    """The ladder of a fault, of ours or of another package; None where nobody knows it."""
    for path in sorted(FAULTS.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        if f'id = "{fault}"' in text and (found := in_source(text, fault)) is not None:
            return found
    from grader.diagnosing import by_id  # slow, and rarely needed: one of another package

    known = by_id().get(fault)
    return Ladder(known.id, known.title, known.hints, known.component) if known else None


def in_source(text: str, fault: str) -> Ladder | None:
    """The ladder that a file's class has for a fault."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef):
            told = {
                target.id: each.value
                for each in node.body if isinstance(each, ast.Assign)
                for target in each.targets if isinstance(target, ast.Name)
            }  # fmt: skip
            if "id" in told and ast.literal_eval(told["id"]) == fault:
                title, hints, component = (
                    ast.literal_eval(told[name]) for name in ("title", "hints", "component")
                )
                return Ladder(fault, title, hints, component)
    return None
