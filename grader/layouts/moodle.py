"""Moodle's "download all submissions".

    Ann Lee_1234567_assignsubmission_file_/hw.ipynb      a folder each, as is usual; since 4.x
    Ann Lee_1234567_assignsubmission_file/hw.ipynb       without the last sign
    Ann Lee_1234567_assignsubmission_file_hw.ipynb       one folder for all
    Ann Lee_1234567_assignsubmission_onlinetext_/…       what was typed into a page
    Group A_42_assignsubmission_file_/…                  a group, with its number if it has one

The number is that of the participant in this one assignment, as in the column "Identifier" of
Moodle's grading worksheet. Names hold no "_" there: Moodle writes a blank.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from grader.layouts.export import Export, Owner, Person, depth_of, free_place, own_name
from grader.names import listed

ENTRY = re.compile(
    r"(?P<who>.*?)(?:_(?P<id>\d+))?_assignsubmission_(?P<kind>[^\W\d_]+)(?:_(?P<file>.*))?", re.S
)
OTHER_WORD = re.compile(
    r"(?P<who>.*?)_(?P<id>\d+)_(?P<word>[^\W\d_]+)_(?P<kind>file|onlinetext)_(?P<file>)", re.S
)
"""A folder whose middle word is another one, as plug-ins and translations have it."""
TYPED = "onlinetext"


def moodle(files: Sequence[PurePosixPath]) -> Export | None:
    """An export of Moodle; None where it is none."""
    depth = depth_of(files, lambda entry: entry_of(entry) is not None)
    if depth is None:
        return None
    owners: dict[PurePosixPath, Owner] = {}
    tree: dict[PurePosixPath, PurePosixPath] = {}
    typed = set()
    for file in files:
        match = entry_of(file.parts[depth]) if len(file.parts) > depth else None
        if match is None:
            tree[file] = file
            continue
        if match["kind"] == TYPED:
            typed.add(match["who"])
            continue
        in_folder = len(file.parts) > depth + 1
        folder = PurePosixPath(*file.parts[: depth + 1])
        if not in_folder:
            folder = folder.with_name("_".join(filter(None, [match["who"], match["id"]])) or "-")
        owners[folder] = owner_of(match)
        place = file if in_folder else folder / own_name(match["file"] or "")
        tree[free_place(tree, place)] = file
    alone = sorted(typed - {owner.people[0].name for owner in owners.values()})
    news = listed("not graded, text typed into Moodle", sorted(typed))
    news += listed("no file, only typed text", alone)
    return Export("a Moodle export", owners, tree, news=news)


def entry_of(name: str) -> re.Match[str] | None:
    """What the name of a folder or a file says."""
    match = ENTRY.fullmatch(name) or OTHER_WORD.fullmatch(name)
    return match if match and match["who"].strip() else None


def owner_of(match: re.Match[str]) -> Owner:
    """Whose it is."""
    who, number = " ".join(match["who"].split("_")).strip(), match["id"] or ""
    return Owner((Person(who, number),), f"moodle {number} {who}")
