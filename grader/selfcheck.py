"""Checks the exercises of a notebook while it is worked on, in the student's own kernel.

    from grader import selfcheck
    q = selfcheck.start("01-workflow")

After that `q[3].check()` says whether exercise 3 is right, judged as a graded run judges it, by the
criteria that students may see. It is practice and no grade. Nothing leaves the machine.

What answers the questions is imported when it is asked for: a notebook that only starts a
self-check waits for nothing else, and torch is left to the notebook.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.alongside.exercises import Exercises, Sorry
    from grader.alongside.telling import Telling
    from grader.kernel.session import CellRun, Session

FIRST = "Start with the assignment you are working on."
HOW_TO_START = 'q = selfcheck.start("01-workflow")'
NO_NOTEBOOK = "Self-check works in a notebook. On the command line there is:"


class Started:
    """What is there once per kernel, because its cells run once.

    Attributes:
        session: what records them; None before the first start.
        exercises: of the assignment that was started last.
    """

    session: Session | None = None
    exercises: Exercises | Sorry | None = None


def start(assignment: str, course: str | os.PathLike[str] | None = None) -> Exercises | Sorry:
    """Begin to watch this notebook's cells, and get its exercises.

    Args:
        assignment: its id, such as "01-workflow".
        course: the folder that holds assignments/ and rubrics/; if left out, the nearest one
            from the notebook upwards.
    """
    from grader.alongside.opening import opened
    from grader.kernel.check_lines import notebook_shell
    from grader.kernel.session import Session

    shell = notebook_shell()
    if shell is None:
        from grader.alongside.exercises import Sorry

        print(f"{NO_NOTEBOOK} grader check NOTEBOOK")
        return Sorry(NO_NOTEBOOK, "grader check NOTEBOOK")
    if Started.session is None:
        from grader.alongside.telling import is_ours

        Started.session = Session(shell, is_ours, cell_has_run)
        Started.session.start()
        load_ipython_extension(shell)
    folder = None if course is None else Path(course)
    exercises, greeting = opened(assignment, folder, Started.session, shell.user_ns)
    Started.exercises = exercises
    Started.session.show(greeting)
    return exercises


def explain() -> Telling:
    """What the last error means, and where to look."""
    return exercises().explain()


def progress() -> Telling:
    """What you know by now, as far as the checks tell."""
    return exercises().progress()


def next() -> Telling:
    """What to do next, and why."""
    return exercises().next()


def exercises() -> Exercises | Sorry:
    """The exercises that were started last."""
    from grader.alongside.exercises import Sorry

    return Started.exercises or Sorry(FIRST, HOW_TO_START)


def cell_has_run(run: CellRun) -> None:
    """Read what a cell did, and show below it the check that its `%%check` line asks for."""
    exercises().take_in(run)
    if run.asked is not None and Started.session is not None:
        Started.session.show(check_line(run.asked))


def check_line(line: str) -> object:
    """What `%check 3` shows, and `%%check 3` below its cell; without a number, what there is."""
    known = exercises()
    return known[line.strip()].check() if line.strip() else known


def load_ipython_extension(shell: object) -> None:
    """`%load_ext grader.selfcheck`: `%check 3` from now on, and `%%check 3` once it is started."""
    from grader.kernel.check_lines import install

    install(shell, check_line)
