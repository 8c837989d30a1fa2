"""Gradescope's "export submissions".

    assignment_123_export/submission_metadata.yml
    assignment_123_export/submission_1234/hw.ipynb

The metadata say who handed in what, and much else: the output of every test, and all of it again
for every earlier attempt. It is YAML made from students' output, so it is read as a row of events
and never made into objects: aliases are not followed, tags mean nothing, and nothing is kept but
the names. PyYAML is what splits it into events, because YAML has too many ways to write a text for
a reader of our own; a line or two of it would be read wrongly one day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from grader.layouts.export import Export, Owner, Person, Read
from grader.names import listed

METADATA = "submission_metadata.yml"
FOLDER = re.compile(r"submission_\d+")
MOST_BYTES = 100_000_000
MOST_EVENTS = 5_000_000
MOST_DEPTH = 40
MOST_PEOPLE = 50
LONGEST = 200
"""Characters kept of a name."""
FIELDS = {"name": "name", "sid": "id", "email": "email"}


def gradescope(files: Sequence[PurePosixPath], read: Read) -> Export | None:
    """An export of Gradescope; None where it is none."""
    root = root_of(files)
    if root is None:
        return None
    told, news = {}, []
    if root / METADATA in files:
        try:
            told = submitters(read(root / METADATA, MOST_BYTES + 1))
        except ValueError as problem:
            news.append(f"{METADATA} does not say whose hand-ins these are: {problem}")
    else:
        news.append(f"there is no {METADATA}, so nobody's name is known")
    owners: dict[PurePosixPath, Owner] = {}
    tree = {}
    for file in files:
        own = file.relative_to(root).parts
        if own == (METADATA,):
            continue
        tree[file] = file
        if len(own) > 1:
            owners[root / own[0]] = owner_of(own[0], told.get(own[0], []))
    empty = [name for name in told if FOLDER.fullmatch(name) and root / name not in owners]
    news += listed("submissions without any file", [owner_of(n, told[n]).label for n in empty])
    return Export("a Gradescope export", owners, tree, news=news)


def root_of(files: Sequence[PurePosixPath]) -> PurePosixPath | None:
    """The folder that holds the submissions; None where this is no export.

    A file of that name in a student's own folder makes no export of it.
    """
    tops = {file.parts[0] for file in files if len(file.parts) > 1}
    if PurePosixPath(METADATA) in files and any(map(FOLDER.fullmatch, tops)):
        return PurePosixPath()
    if len(tops) == 1 and not FOLDER.fullmatch(next(iter(tops))):
        root = PurePosixPath(*tops)
        inner = {file.parts[1] for file in files if len(file.parts) > 2}
        if root / METADATA in files and any(map(FOLDER.fullmatch, inner)):
            return root
    return PurePosixPath() if len(tops) > 1 and all(map(FOLDER.fullmatch, tops)) else None


def owner_of(folder: str, people: Sequence[Person]) -> Owner:
    """Whose a submission is; named after its folder where nobody's name is known.

    A later attempt is another submission, so people are known again by what they bring along.
    """
    if not people:
        return Owner((Person(folder),), f"gradescope {folder}")
    known = sorted(person.id or person.email or person.name for person in people)
    return Owner(tuple(people), f"gradescope {' '.join(known)}")


def submitters(data: bytes) -> dict[str, list[Person]]:
    """Who handed in what, by the name of the submission's folder.

    Raises:
        ValueError: it is too much, or no YAML.
    """
    if len(data) > MOST_BYTES:
        raise ValueError(f"it has more than {MOST_BYTES // 10**6} MB")
    found: dict[str, list[Person]] = {}
    for path, value in scalars(data):
        match path:
            case (submission, ("submitters" | ":submitters"), position, field):
                number = int(position)
                if not 0 <= number < MOST_PEOPLE:
                    raise ValueError(f"a submission has more than {MOST_PEOPLE} people")
                people = found.setdefault(submission[:LONGEST], [])
                people += [Person("")] * (number + 1 - len(people))
                if known := FIELDS.get(field.lstrip(":")):
                    text = " ".join(value.encode("utf-8", "replace").decode().split())[:LONGEST]
                    people[number] = people[number]._replace(**{known: text})
    named = {
        submission: [p._replace(name=p.name or p.email or p.id) for p in people]
        for submission, people in found.items()
    }
    return {submission: [p for p in people if p.name] for submission, people in named.items()}


def scalars(data: bytes) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each text of a YAML file with where it stands: keys, and numbers from 0 in a list.

    A key that is no text counts as an empty one.

    Raises:
        ValueError: it is no YAML, or holds more than any export does.
    """
    import yaml

    stack: list[Place] = []
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for count, event in enumerate(yaml.parse(data, Loader=loader)):
            if count > MOST_EVENTS or len(stack) > MOST_DEPTH:
                raise ValueError("it holds more than any export does")
            if isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                stack.pop()
            elif isinstance(event, yaml.NodeEvent):
                scalar = isinstance(event, yaml.ScalarEvent)
                text = event.value if scalar else ""
                is_value = not stack or stack[-1].takes(text)
                if scalar and is_value:
                    yield tuple(place.key for place in stack), text
                if isinstance(event, yaml.CollectionStartEvent):
                    stack.append(Place(isinstance(event, yaml.MappingStartEvent)))
    except (yaml.YAMLError, UnicodeError, RecursionError) as problem:
        raise ValueError(" ".join(str(problem).split())[:150]) from problem


class Place:
    """How far a mapping or a list is read; `key` is where the last value stands."""

    def __init__(self, is_mapping: bool) -> None:
        self.key = ""
        self._is_mapping = is_mapping
        self._count = -1

    def takes(self, text: str) -> bool:
        """Whether the next thing in it is a value, and not a key."""
        self._count += 1
        if not self._is_mapping:
            self.key = str(self._count)
            return True
        if self._count % 2 == 0:
            self.key = text
        return self._count % 2 == 1
