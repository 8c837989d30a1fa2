"""Canvas's "download submissions".

    leeann_12345_678910_hw.ipynb               name, student's number, file's number, file
    leeann_LATE_12345_678910_hw.ipynb          handed in late
    anon_Ab3xY_678910_hw.ipynb                 an anonymous assignment
    leeann_12345_text.html                     what was typed into a page; _link.html, an address

Names are the sortable ones, last name first, in lower case and without signs and blanks. A file
that is handed in again under the same name becomes `hw-1.ipynb`, then `hw-2.ipynb`. A file's
number grows with time.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from grader.layouts.export import Export, Owner, Person, depth_of, free_place, own_name
from grader.names import listed

WHOSE = (
    r"(?:(?!(?:LATE_)?anon_)(?P<who>\w*?)_)?(?P<late>LATE_)?(?:(?P<id>\d+)|anon_(?P<anon>[^\W_]+))"
)
ENTRY = re.compile(rf"{WHOSE}_(?P<number>\d+)_(?P<file>.+)", re.S)
TYPED = re.compile(rf"{WHOSE}_(?:text|link)\.html", re.S)
AGAIN = re.compile(r"(?P<stem>.+?)(?:-(?P<count>\d{1,3}))?(?P<ending>\.[^.]+)?", re.S)


HAND_IN = re.compile(r"(?i)\.(ipynb|zip)$")
"""Canvas may have added a "-1" to a module or data that a notebook asks for by the name without,
so such a file lies there under both names; one of these has its own alone."""


class Upload(NamedTuple):
    """A file of a student; attempts are counted from 0, and numbers grow with time."""

    attempt: int
    number: int
    name: str
    file: PurePosixPath


def canvas(files: Sequence[PurePosixPath]) -> Export | None:
    """An export of Canvas; None where it is none."""
    depth = depth_of(files, lambda name: bool(uploaded(name) or TYPED.fullmatch(name)))
    if depth is None:
        return None
    owners: dict[PurePosixPath, Owner] = {}
    tree: dict[PurePosixPath, PurePosixPath] = {}
    uploads: dict[tuple[PurePosixPath, str], list[Upload]] = defaultdict(list)
    typed = []
    for file in files:
        match = uploaded(file.name) if len(file.parts) == depth + 1 else None
        if match is None:
            if len(file.parts) == depth + 1 and TYPED.fullmatch(file.name):
                typed.append(file)
            else:
                tree[file] = file
            continue
        folder = file.with_name(f"{match['who'] or 'anon'}_{match['id'] or match['anon']}")
        owners[folder] = owner_of(match)
        name = own_name(match["file"])
        again = AGAIN.fullmatch(name)
        base = again["stem"] + (again["ending"] or "") if again else name
        count = int(again["count"] or 0) if again else 0
        uploads[folder, base].append(Upload(count, int(match["number"]), name, file))
    if not plausible(owners, len(files)):
        return None
    earlier = []
    for (folder, base), several in uploads.items():
        last = the_last(several)
        earlier += [one.file for one in several if last and one != last]
        for one in [last] if last else several:
            tree[free_place(tree, folder / one.name)] = one.file
        if last and last.attempt and not HAND_IN.search(base):
            tree[free_place(tree, folder / base)] = last.file
    news = listed("not graded, text or an address typed into Canvas", typed)
    news += listed("left out, of an earlier attempt", sorted(earlier))
    return Export("a Canvas export", owners, tree, sorted(earlier), news)


def uploaded(name: str) -> re.Match[str] | None:
    """What the name of a file says."""
    match = ENTRY.fullmatch(name)
    return match if match and (match["who"] or match["anon"]) else None


def plausible(owners: Mapping[PurePosixPath, Owner], files: int) -> bool:
    """Whether numbers are those of students, and not years or weeks in names that people chose."""
    keys = {owner.key for owner in owners.values()}
    return len(keys) == len(owners) and (len(keys) > 1 or files == 1)


def the_last(several: Sequence[Upload]) -> Upload | None:
    """The latest of the files that have one name; None where their two numbers do not tell."""
    last = max(several)
    sure = len({one.attempt for one in several}) == len(several)
    return last if sure and last.number == max(one.number for one in several) else None


def owner_of(match: re.Match[str]) -> Owner:
    """Whose it is."""
    number = match["id"] or match["anon"]
    person = Person(f"anon {number}") if match["anon"] else Person(match["who"], number)
    return Owner((person,), f"canvas {number}", bool(match["late"]))
