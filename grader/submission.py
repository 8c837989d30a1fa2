"""A hand-in: whose it is, which file, its cells, and the files that come along."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from grader.archives import unpack
from grader.assignment import Assignment
from grader.brought import Brought, fingerprint, read_beside, read_regular
from grader.kinds import kind_of
from grader.names import readable
from grader.notebook import MAX_BYTES, Notebook, Unreadable, parse_notebook
from grader.packed import Content, read_zip
from grader.scripts import parse_script

MOST_NAMED = 200
"""Names of files left out that evidence holds."""


class Arrival(NamedTuple):
    """How a hand-in came, as far as its path tells.

    Attributes:
        file: which file it is, from the path that was named on the command line.
        beside: files of its folder that come along, from there.
        left_out: files of its folder that cannot come along.
        odd: reasons for a person to look, one sentence each.
        owner: whose it is, in an export that tells; by it a later one is known to be of the same.
    """

    file: str = ""
    beside: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()
    owner: str = ""


BY_ITSELF = Arrival()


class Submission(NamedTuple):
    """One hand-in.

    Attributes:
        student: a name safe to use for a folder.
        path: where it was read from.
        sha256: of its bytes, and of what comes along; empty where it could not be read.
        notebook: its cells, or why there are none.
        arrival: how it came.
        files: what comes along.
    """

    student: str
    path: Path
    sha256: str
    notebook: Notebook | Unreadable
    arrival: Arrival = BY_ITSELF
    files: tuple[Brought, ...] = ()


def read_submission(
    path: Path, student: str, assignment: Assignment | None = None, arrival: Arrival = BY_ITSELF
) -> Submission:
    """Read one hand-in; a file that cannot be read is a result too.

    Args:
        path: of the file.
        student: whose it is.
        assignment: tells which of several notebooks in a zip is meant.
        arrival: how it came.
    """
    try:
        data = read_regular(path)
    except OSError as problem:
        why = Unreadable(problem.strerror or str(problem))
        return Submission(student, path, "", why, arrival)
    content = read_content(path.name, data, assignment)
    beside, lost = read_beside(path.parent, arrival.beside)
    files = content.files + beside
    left_out = (*arrival.left_out, *content.left_out, *lost)
    return Submission(
        student, path, fingerprint(path.name, data, beside), content.notebook,
        arrival._replace(left_out=left_out), files,
    )  # fmt: skip


def sha256_of(path: Path, arrival: Arrival = BY_ITSELF) -> str:
    """What `read_submission` would give for its `sha256`, without reading the cells."""
    try:
        data = read_regular(path)
    except OSError:
        return ""
    return fingerprint(path.name, data, read_beside(path.parent, arrival.beside)[0])


def read_content(name: str, data: bytes, assignment: Assignment | None) -> Content:
    """What the bytes of a file hold."""
    kind = kind_of(name, data)
    if kind == "zip" and len(data) <= MAX_BYTES:
        return read_zip(data, assignment)
    if kind == "script":
        return Content(parse_script(data, name))
    if kind == "file" and data.strip() and not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return Content(Unreadable("neither a notebook (.ipynb), nor a script (.py), nor a zip;"
                                  " ask for one of these"))  # fmt: skip
    return Content(parse_notebook(data))


def came(submission: Submission) -> dict[str, Any]:
    """What a header of evidence says of how a hand-in came."""
    arrival = submission.arrival
    return {
        "file": arrival.file,
        "files": [{"name": readable(f.name), "bytes": len(f.data)} for f in submission.files],
        "left_out": [readable(name) for name in arrival.left_out[:MOST_NAMED]],
    }


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
        here = [m for m in left if any(words[m] in text for text in texts_of(file.name, data))]
        found += here
        left = [m for m in left if m not in here]
    return [m for m in words if m in found]


def texts_of(name: str, data: bytes) -> list[bytes]:
    """A file's bytes, or those of the notebooks and scripts in it."""
    if kind_of(name, data) != "zip":
        return [data]
    files = unpack(data)
    if isinstance(files, Unreadable):
        return []
    return [d for n, d in files.items() if kind_of(n, d) in ("notebook", "script")]
