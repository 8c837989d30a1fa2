"""A hand-in: whose it is, which file, and its cells.

Who handed in is told by the path alone, never by anything inside the file.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from grader.assignment import Assignment
from grader.notebook import MAX_BYTES, Notebook, Unreadable, parse_notebook

EXECUTED, GRADE = "executed.ipynb", "grade.json"
"""Files of a record, which may lie among the hand-ins."""


class Submission(NamedTuple):
    """One hand-in.

    Attributes:
        student: a name safe to use for a folder.
        path: where it was read from.
        sha256: of its bytes; empty where they could not be read.
        notebook: its cells, or why there are none.
    """

    student: str
    path: Path
    sha256: str
    notebook: Notebook | Unreadable


def find_files(paths: Iterable[Path]) -> list[Path]:
    """The notebooks in files and folders, without checkpoints and hidden folders.

    Links and pipes that are called like a notebook are found too: they get a grade that says so.
    """
    files: dict[Path, None] = {}
    for path in paths:
        found = notebooks_in(path) if path.is_dir() else [path.resolve()]
        for file in found:
            inside = file.relative_to(path).parts if path.is_dir() else ()
            if not any(part.startswith(".") for part in inside) and not is_folder(file):
                files[file] = None
    return list(files)


def notebooks_in(folder: Path) -> list[Path]:
    """What is called like a notebook, but for what a record of ours holds."""
    found = (f for f in folder.rglob("*") if f.suffix.lower() == ".ipynb")
    return sorted(f for f in found if not (f.name == EXECUTED and (f.parent / GRADE).exists()))


def is_folder(path: Path) -> bool:
    """Whether a path is a folder, and no link to one."""
    return path.is_dir() and not path.is_symlink()


def read_submission(path: Path, student: str) -> Submission:
    """Read one hand-in; a file that cannot be read is a result too."""
    try:
        data = read_regular(path)
    except OSError as problem:
        return Submission(student, path, "", Unreadable(problem.strerror or str(problem)))
    return Submission(student, path, hashlib.sha256(data).hexdigest(), parse_notebook(data))


def read_regular(path: Path) -> bytes:
    """A file's bytes, one more than are read at most where there are too many.

    Raises:
        OSError: it cannot be read, or is a link, a pipe or a device: following one would read
            what nobody handed in, or wait for ever.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as problem:
        if problem.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "is a link; hand in the file itself") from problem
        raise
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "is not a regular file")
    with os.fdopen(handle, "rb") as file:
        return file.read(MAX_BYTES + 1)


NEEDED_FOR = {"torch._dynamo": b"optim"}
"""torch imports its compiler, which takes seconds, when the first optimizer is made."""


def mentioned(modules: Iterable[str], files: Iterable[Path]) -> list[str]:
    """Those modules whose package occurs in any file: worth importing once for all of them."""
    words = {m: m.partition(".")[0].encode() for m in modules} | NEEDED_FOR
    left = list(words)
    found = []
    for file in files:
        if not left:
            break
        try:
            data = read_regular(file)
        except OSError:
            continue  # told when it is graded
        here = [m for m in left if words[m] in data]
        found += here
        left = [m for m in left if m not in here]
    return [m for m in words if m in found]


def name_students(files: list[Path], assignment: Assignment) -> list[str]:
    """A distinct folder-safe name for each file.

    The student is the file's stem. Where stems collide, or are the assignment's own usual file
    names, it is the nearest parent folder that tells the files apart.
    """
    usual = {fold(Path(name).stem) for name in [*assignment.file_names, assignment.id]}
    parts = [list(reversed(Path(os.path.abspath(file)).with_suffix("").parts)) for file in files]
    names = [p[0] for p in parts]
    repeated = {n for n, count in Counter(map(fold, names)).items() if count > 1}
    vague = [i for i, n in enumerate(names) if fold(n) in usual | repeated]
    for i in vague:
        names[i] = telling_folder(parts[i], [parts[j] for j in vague if j != i], usual)
    return distinct([safe(n) for n in names])


def telling_folder(own: list[str], others: list[list[str]], usual: set[str]) -> str:
    """The nearest parent folder of a file that no other file in question lies in."""
    for depth, folder in enumerate(own[1:], 1):
        if fold(folder) in usual or folder in ("/", ""):
            continue
        if all(own[depth:] != o[depth:] and folder not in o[1:] for o in others):
            return folder
    return "-".join(reversed(own[: min(3, len(own))]))


def distinct(names: list[str]) -> list[str]:
    """The names, later ones with a number where they repeat."""
    taken: set[str] = set()
    result = []
    for name in names:
        candidate, count = name, 1
        while candidate.lower() in taken:
            count += 1
            candidate = f"{name}-{count}"
        taken.add(candidate.lower())
        result.append(candidate)
    return result


def fold(name: str) -> str:
    """A file stem without case, copy marks such as " (1)" and differences of separator."""
    name = re.sub(r"(?i)^(copy of )+", "", name)
    name = re.sub(r"(?i)(\s*\(\d+\)|[ _-]+copy\d*)+$", "", name)
    return re.sub(r"[\W_]+", "_", name.lower()).strip("_")


def safe(name: str) -> str:
    """A name that is one harmless folder: letters of any script, digits, dot, dash, blank."""
    kept = "".join(
        c if c in " .@+-_" or unicodedata.category(c)[0] in "LMN" else "_"
        for c in unicodedata.normalize("NFC", name)
    )
    short = kept.strip(" .")[:80].encode()[:200].decode(errors="ignore")
    return short.strip(" .") or "unnamed"
