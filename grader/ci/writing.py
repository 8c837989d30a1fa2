"""The folder that the second job leaves: `public/` for anybody, `private/` for the owner alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from grader.brought import read_regular
from grader.ci.annotations import code_quality, notes
from grader.ci.classroom50 import Event, result
from grader.ci.comment import comment
from grader.ci.first_hints import first_hints
from grader.ci.judging import Judged
from grader.ci.junit import junit
from grader.ci.positions import cell_lines
from grader.ci.published import Published, status, summary_line
from grader.errors import HostError
from grader.notebook import Notebook
from grader.record import folders, write_record
from grader.reporting import Asked, write_overviews, write_reports
from grader.whence import Whence
from grader.whole_files import write_file

PUBLIC, PRIVATE = "public", "private"
COMMENT, SUMMARY, JUNIT, STATUS = "comment.md", "summary.md", "junit.xml", "status.json"
CODE_QUALITY, RESULT, BUGS = "code-quality.json", "result.json", "bugs.txt"


def published(one: Judged) -> Published:
    """What anybody may see of a hand-in."""
    lines: dict[int, int] = {}
    if isinstance(one.submission.notebook, Notebook) and one.handed.path.suffix != ".zip":
        lines = cell_lines(read_regular(one.handed.path), one.submission.notebook)
    place = one.handed.place
    return Published(
        one.handed.assignment.title, place.folder, one.handed.file, one.grade, one.rubric, lines,
        first_hints(one.grade, one.evidence, one.rubric),
    )  # fmt: skip


def write_private(out: Path, found: Sequence[Judged], course: Path) -> str:
    """Write the records, with all pages; the traceback of a bug of ours in a page, if any.

    Raises:
        HostError: the folder cannot be written.
    """
    private = out / PRIVATE
    bugs = []
    for one in found:
        whence = Whence(one.handed.path, one.handed.arrival, 0)
        folder = write_record(private, one.evidence, one.grade, one.executed, whence)
        asked = Asked(one.handed.assignment, one.rubric)
        bugs.append(write_reports(folder, one.grade, one.evidence, one.executed, asked))
    if found:
        bugs.append(write_overviews(private, folders(private), course))
    if told := "\n".join(filter(None, [*(one.bug for one in found), *bugs])):
        make(private)
        write_file(private / BUGS, told)
    return "".join(bugs)


def write_public(
    out: Path, found: Sequence[Published], news: Sequence[str], event: Event,
    *, points: bool, fail_under: float | None,
) -> None:  # fmt: skip
    """Write what anybody may see; a result with points only where those may be shown.

    Raises:
        HostError: the folder cannot be written.
    """
    public, private = out / PUBLIC, out / PRIVATE
    line = summary_line(list(found), fail_under)
    told = comment(found, news, event.commit, points=points)
    all_notes = [note for one in found for note in notes(one)]
    make(public)
    write_file(public / COMMENT, told)
    write_file(public / SUMMARY, told.partition("\n")[2])
    write_file(public / JUNIT, junit(found, with_points=points))
    write_file(public / CODE_QUALITY, code_quality(all_notes))
    said = {"status": status(found, fail_under), "summary": line, "commit": event.commit}
    write_file(public / STATUS, json.dumps(said) + "\n")
    for one in found:
        record = Path(one.grade.assignment) / one.grade.student
        place = (public if points else private) / record
        make(place)
        if (text := result(one, event)) is not None:
            write_file(place / RESULT, text)
        page = private / record / "report.html"
        if points and page.exists():
            write_file(place / page.name, page.read_text(encoding="utf-8"))


def make(folder: Path) -> None:
    """Make a folder.

    Raises:
        HostError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise HostError(f"{folder}: cannot be written: {problem.strerror}") from problem
