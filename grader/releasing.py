"""What students get of an assignment: enough to practise with, and nothing that is hidden.

The starter, data, the exercises, and the public criteria with their hints. A criterion is left out
where it is hidden, where its expected value may not be shown, and where its check holds a number
that nothing public tells. How many were left out stands in the rubric, so that a check can say it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePath
from typing import NamedTuple

from grader.assignment import STARTER, Assignment
from grader.author_file import read_toml
from grader.brought import read_regular
from grader.errors import AuthorError
from grader.ladders import numbers, wanted
from grader.printed import Printed
from grader.proving import tasks_of
from grader.rubric import Criterion, Rubric
from grader.toml_text import toml_value

DATA = "data"
LIST, ABOUT = "SHA256SUMS", "README.md"
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
WORD = re.compile(rf"\b({'|'.join(WORDS)})\b", re.IGNORECASE)
SHARE = re.compile(r"(\d+(?:\.\d+)?) ?(?:%|percent)")


class Release(NamedTuple):
    """What students get.

    Attributes:
        files: by path in the folder that is given out.
        left_out: how many criteria each exercise keeps for the grade.
        secret: how many of those are public, and hold a number that nothing public tells.
    """

    files: dict[str, bytes]
    left_out: dict[str, int]
    secret: int


def release(course: Path, assignment: Assignment, rubric: Rubric) -> Release:
    """What students get of an assignment.

    Args:
        course: the course folder.
        assignment: as it is graded.
        rubric: of it.

    Raises:
        AuthorError: there is no starter, or a file cannot be read.
    """
    folder = course / "assignments" / assignment.id
    tasks = tasks_of(folder / STARTER, assignment)
    given = [c for c in rubric.criteria if c.visibility == "public" and told(c, tasks)]
    kept = kept_of(rubric, given)
    written = Assignment.model_validate(read_toml(folder / "assignment.toml", Assignment))
    home = f"assignments/{assignment.id}"
    files = {
        f"{home}/{STARTER}": read(folder / STARTER),
        **{f"{home}/{DATA}/{name}": data for name, data in data_in(folder / DATA)},
        f"{home}/assignment.toml": assignment_text(written, given).encode(),
        f"rubrics/{assignment.id}.toml": rubric_text(rubric, given, kept).encode(),
    }
    files[ABOUT] = about(assignment, kept).encode()
    sums = (f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items())
    files[LIST] = "".join(sums).encode()
    hidden = sum(c.visibility == "hidden" for c in rubric.criteria)
    return Release(files, kept, len(rubric.criteria) - len(given) - hidden)


def told(criterion: Criterion, tasks: Mapping[str, str]) -> bool:
    """Whether all that a criterion asks for is public: in the starter, its title or its hints."""
    public = numbers_told(" ".join([*tasks.values(), criterion.title, *criterion.hints]))
    asked = wanted(criterion, [])
    return criterion.reveal and all(any(n.shows(a) for n in public) for a in asked)


def numbers_told(text: str) -> list[Printed]:
    """The numbers of a text, also those in words and in percent."""
    spelled = WORD.sub(lambda found: str(WORDS.index(found[1].lower())), text)
    shares = " ".join(f"{float(share) / 100:g}" for share in SHARE.findall(text))
    return numbers(f"{spelled} {shares}")


def kept_of(rubric: Rubric, given: Iterable[Criterion]) -> dict[str, int]:
    """How many criteria of each exercise are not given out."""
    here = [c.exercise for c in given]
    kept = {e: len(rubric.of(e)) - here.count(e) + rubric.kept.get(e, 0)
            for e in dict.fromkeys(c.exercise for c in rubric.criteria)}  # fmt: skip
    return {exercise: count for exercise, count in kept.items() if count}


def assignment_text(written: Assignment, given: list[Criterion]) -> str:
    """`assignment.toml` for students: exercises, limits, and the challenges that are asked for."""
    data = written.model_dump(mode="json", exclude_unset=True)
    asked = {value for c in given for value in strings(c.check.model_dump(exclude_unset=True))}
    judged = {c.exercise for c in given}
    lines = [f"# {written.title}. Made by `grader release`."]
    for key in ("id", "title", "given_cells", "preload"):
        if key in data:
            lines.append(f"{key} = {toml_value(data[key])}")
    if data.get("limits"):
        lines += ["", *table("[limits]", data["limits"])]
    for exercise in data["exercise"]:
        graded = {} if exercise["id"] in judged else {"graded": False}
        lines += ["", *table("[[exercise]]", {**exercise, **graded})]
    for challenge in data.get("challenge", []):
        if challenge["id"] in asked:
            lines += ["", *table("[[challenge]]", challenge)]
    return "\n".join(lines) + "\n"


def rubric_text(rubric: Rubric, given: list[Criterion], kept: Mapping[str, int]) -> str:
    """The rubric for students: public criteria, their hints, and how many count besides."""
    lines = [
        "# What is checked while you practise. Made by `grader release`.",
        f"assignment = {toml_value(rubric.assignment)}",
        f"help = {toml_value(rubric.help)}",
    ]
    if kept:
        keys = {toml_value(exercise): count for exercise, count in kept.items()}
        lines.append(f"kept = {toml_value(keys)}")
    ids = {c.id for c in given}
    for c in given:
        heart = c.core or not any(o.core for o in given if o.exercise == c.exercise)
        check = c.check.model_dump(mode="json", exclude_unset=True)
        lines += ["", *table("[[criterion]]", {
            "id": c.id, "exercise": c.exercise, "title": c.title, "points": c.points,
            "core": heart, "after": [a for a in c.after if a in ids],
            **({"component": c.component} if c.component else {}), "given": c.given,
            "check": {"kind": c.check.kind, **check}, "hints": list(c.hints),
        })]  # fmt: skip
    return "\n".join(lines) + "\n"


def table(head: str, data: Mapping[str, object]) -> list[str]:
    """A TOML table, a line a key."""
    return [head, *(f"{key} = {toml_value(value)}" for key, value in data.items())]


def strings(value: object) -> Iterator[str]:
    """The texts in nested lists and tables."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from strings(inner)


def data_in(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The files below a folder, by path in it; hidden ones and links stay behind.

    Raises:
        AuthorError: one cannot be read.
    """
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and not path.is_symlink() and not hidden(inside):
            yield inside.as_posix(), read(path)


def hidden(inside: PurePath) -> bool:
    """Whether a path, or a folder on the way to it, is hidden."""
    return any(part.startswith(".") for part in inside.parts)


def read(path: Path) -> bytes:
    """The bytes of an author's file.

    Raises:
        AuthorError: it cannot be read.
    """
    try:
        return read_regular(path)
    except OSError as problem:
        raise AuthorError([f"{path}: {problem.strerror or problem}"]) from problem


def about(assignment: Assignment, kept: Mapping[str, int]) -> str:
    """What students read first."""
    home = f"assignments/{assignment.id}"
    lines = [
        f"# {assignment.title}", "",
        f"Work in a copy of `{home}/{STARTER}`. In this folder, with the grader installed:", "",
        "```",
        f"grader check mine.ipynb --assignment {assignment.id}",
        f"grader hint {assignment.id} {assignment.exercise[0].id}",
        "```", "",
        "A check is practice, not a grade. Nothing leaves your computer.",
    ]  # fmt: skip
    if kept:
        told_ = ", ".join(f"{count} of exercise {e}" for e, count in kept.items())
        lines += ["", f"What a grade looks at besides, and a check does not know: {told_}."]
    lines += ["", f"`{LIST}` lists all files with their digests: `sha256sum -c {LIST}`."]
    return "\n".join(lines) + "\n"
