"""Which export a folder or a zip is, if any."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from grader.assignment import Assignment
from grader.layouts.canvas import canvas
from grader.layouts.export import Export, Read
from grader.layouts.gradescope import gradescope
from grader.layouts.moodle import moodle
from grader.layouts.nbgrader import nbgrader
from grader.notebook import MAX_BYTES
from grader.packed import holds_exercises, parsed
from grader.students import usual_names


def recognise(
    files: Sequence[PurePosixPath], read: Read, assignment: Assignment, folder: str = ""
) -> Export | None:
    """What a class's hand-ins were exported from; None for ordinary files and folders.

    Args:
        files: what there is, by its path in the folder or zip.
        read: gives the bytes of one.
        assignment: what was asked for.
        folder: what their folder is called.
    """
    if not files:
        return None

    def holds(file: PurePosixPath) -> bool:
        data = read(file, MAX_BYTES)
        return holds_exercises(parsed(str(file), data), assignment)

    return (
        gradescope(files, read)
        or moodle(files)
        or canvas(files)
        or nbgrader(files, folder, usual_names(assignment), holds)
    )
