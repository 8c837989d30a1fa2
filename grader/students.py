"""Whose hand-in it is: told by the path alone, never by anything inside the file."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from grader.assignment import Assignment
from grader.kinds import stem_of


def name_students(files: list[Path], assignment: Assignment) -> list[str]:
    """A distinct folder-safe name for each file.

    The student is the file's stem. Where stems collide in several folders, or are the
    assignment's own usual file names, it is the nearest parent folder that tells the files apart.
    Files of one student are numbered, the one with the shortest name first.
    """
    usual = usual_names(assignment)
    parts = [list(reversed(own_parts(file))) for file in files]
    names = [p[0] for p in parts]
    places = {(tuple(p[1:]), fold(p[0])) for p in parts}
    repeated = {n for n, count in Counter(stem for _, stem in places).items() if count > 1}
    vague = [i for i, n in enumerate(names) if fold(n) in usual | repeated]
    for i in vague:
        others = [parts[j] for j in vague if parts[j][1:] != parts[i][1:]]
        names[i] = telling_folder(parts[i], others, usual)
    order = sorted(range(len(files)), key=lambda i: (len(parts[i][0]), parts[i]))
    numbered = dict(zip(order, distinct(safe(names[i]) for i in order), strict=True))
    return [numbered[i] for i in range(len(files))]


def own_parts(file: Path) -> list[str]:
    """The folders a file lies in and its stem, from the top."""
    path = Path(os.path.abspath(file))
    return [*path.parent.parts, stem_of(path.name)]


def usual_names(assignment: Assignment) -> set[str]:
    """File stems, folded, that say nothing about the student."""
    return {fold(Path(name).stem) for name in [*assignment.file_names, assignment.id]}


def telling_folder(own: list[str], others: list[list[str]], usual: set[str]) -> str:
    """The nearest parent folder of a file that no other file in question lies in."""
    for depth, folder in enumerate(own[1:], 1):
        if fold(folder) in usual or folder in ("/", ""):
            continue
        if all(own[depth:] != o[depth:] and folder not in o[1:] for o in others):
            return folder
    return "-".join(reversed(own[: min(3, len(own))]))


def of_one_student(files: Iterable[Path], assignment: Assignment) -> list[list[Path]]:
    """Groups of files that seem to be of one student: in one folder, and alike in name.

    Names are alike that differ by copy marks such as " (1)", by case, or by their ending, and so
    are the assignment's usual names.
    """
    usual = usual_names(assignment)
    groups: dict[tuple[Path, str], list[Path]] = defaultdict(list)
    for file in files:
        stem = fold(stem_of(file.name))
        groups[(file.parent, "" if stem in usual else stem)].append(file)
    return [sorted(g, key=lambda f: (len(f.name), f.name)) for g in groups.values() if len(g) > 1]


def distinct(names: Iterable[str]) -> list[str]:
    """The names, later ones with a number where they repeat."""
    taken: set[str] = set()
    result = []
    for name in names:
        candidate, count = name, 1
        while candidate.casefold() in taken:
            count += 1
            candidate = f"{name}-{count}"
        taken.add(candidate.casefold())
        result.append(candidate)
    return result


def fold(name: str) -> str:
    """A file stem without case, copy marks such as " (1)" and differences of separator."""
    name = re.sub(r"(?i)^(copy of )+", "", name)
    name = re.sub(r"(?i)(\s*\(\d+\)|[ _-]+copy\d*)+$", "", name)
    return re.sub(r"[\W_]+", "_", unicodedata.normalize("NFC", name).lower()).strip("_")


def safe(name: str) -> str:
    """A name that is one harmless folder: letters of any script, digits, dot, dash, blank."""
    kept = "".join(
        c if c in " .@+-_" or unicodedata.category(c)[0] in "LMN" else "_"
        for c in unicodedata.normalize("NFC", name)
    )
    short = kept.strip(" .")[:80].encode()[:200].decode(errors="ignore")
    return short.strip(" .") or "unnamed"
