"""nbgrader's folders.

    submitted/ann/ps1/hw.ipynb         student, assignment, files
    submitted/ann/ps1/timestamp.txt    when it was handed in
    source/ release/ autograded/ …     beside it in the course's folder, and no hand-ins

One folder holds the hand-ins to several assignments, so the one that is asked for has to be found:
by its name, or by the exercises in the notebooks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from pathlib import PurePosixPath

from grader.layouts.export import Export, Owner, Person
from grader.students import fold

SUBMITTED = "submitted"
TIMESTAMP = "timestamp.txt"
OTHERS = {"source", "release", "autograded", "feedback"}
LOOKED_AT = 8
"""Notebooks of an assignment that are read to tell whether it is the one asked for."""


def nbgrader(
    files: Sequence[PurePosixPath],
    folder: str,
    usual: Collection[str],
    holds: Callable[[PurePosixPath], bool],
) -> Export | None:
    """The hand-ins to one assignment in nbgrader's folders; None where there are none.

    Args:
        files: what there is.
        folder: what their folder is called.
        usual: names, folded, that the assignment goes by.
        holds: whether a notebook holds its exercises.
    """
    root = root_of(files, folder)
    if root is None:
        return None
    of: dict[str, list[PurePosixPath]] = defaultdict(list)
    tree, aside = {}, set()
    for file in files:
        own = file.relative_to(root).parts if file.is_relative_to(root) else ()
        if len(own) > 2:
            of[own[1]].append(file)
        elif own:
            tree[file] = file
        else:
            aside.add(file.parts[0])
    asked = [name for name in of if fold(name) in usual]
    asked = asked or [name for name, inside in of.items() if any_holds(inside, holds)]
    asked = asked or (list(of) if len(of) == 1 else [])
    kept = [file for name in asked for file in of[name] if file.name != TIMESTAMP]
    owners = {}
    for file in kept:
        student, assignment = file.relative_to(root).parts[:2]
        owners[root / student / assignment] = Owner(
            (Person(student, student),), f"nbgrader {student} {assignment}"
        )
    news = [told(name, inside, root) for name, inside in sorted(of.items()) if name not in asked]
    if len(asked) > 1:
        news.insert(0, f"several assignments here hold these exercises: {', '.join(sorted(asked))}")
    if aside:
        news.append(f"not looked into, beside {SUBMITTED}/: {', '.join(sorted(aside)[:6])}")
    return Export("nbgrader's folders", owners, tree | {file: file for file in kept}, news=news)


def root_of(files: Sequence[PurePosixPath], folder: str) -> PurePosixPath | None:
    """The folder that holds the students; None where these are not nbgrader's folders."""
    tops = {file.parts[0] for file in files}
    stamped = {file.parts[:-3] for file in files if file.name == TIMESTAMP and len(file.parts) > 2}
    if SUBMITTED in tops and (tops & OTHERS or (SUBMITTED,) in stamped or len(tops) == 1):
        root = PurePosixPath(SUBMITTED)
    elif folder == SUBMITTED or most_are_stamped(files):
        root = PurePosixPath()
    else:
        return None
    deep = [file for file in files if file.is_relative_to(root) and file.suffix == ".ipynb"]
    return root if any(len(file.relative_to(root).parts) > 2 for file in deep) else None


def most_are_stamped(files: Sequence[PurePosixPath]) -> bool:
    """Whether more than half of the folders have a stamp in a folder of theirs.

    So that no single student makes a class's folder nbgrader's by a file's name.
    """
    students = {file.parts[0] for file in files if len(file.parts) > 1}
    stamped = {f.parts[0] for f in files if f.name == TIMESTAMP and len(f.parts) == 3}
    return 2 * len(stamped) > len(students)


def any_holds(inside: Sequence[PurePosixPath], holds: Callable[[PurePosixPath], bool]) -> bool:
    """Whether one of the first notebooks of an assignment holds the exercises."""
    notebooks = [file for file in inside if file.suffix.lower() == ".ipynb"]
    return any(map(holds, notebooks[:LOOKED_AT]))


def told(name: str, inside: Sequence[PurePosixPath], root: PurePosixPath) -> str:
    """That the hand-ins to another assignment are not graded."""
    students = {file.relative_to(root).parts[0] for file in inside}
    return f"not graded, handed in for another assignment: {name} of {len(students)} students"
