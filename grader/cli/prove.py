"""Prove that an assignment, its rubric and its solution hold together."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.options import course_option, jobs_option, sandbox_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from grader.batch.work import Outcome
    from grader.proof import Proof
    from grader.proving import Case


@click.command("prove")
@click.argument("assignment", required=False, metavar="[ID]")
@jobs_option
@sandbox_option
@course_option
def command(
    assignment: str | None, jobs: int | None, sandbox_name: str, course: Path | None
) -> None:
    """Prove that an assignment, its rubric and its solution hold together.

    Without an ID, all assignments of the course. What lies in an assignment's folder is run as
    hand-ins are, and its grades are held against what they should be:

    starter.ipynb as it is earns nothing and breaks nothing.

    solution.ipynb, each further solution*.ipynb and each file in solutions/ earns everything,
    wherever the random generators start (three seeds).

    Each hand-in in mistakes/ loses what mistakes/expect.toml says, and nothing else.

    Each criterion is lost by a wrong answer in mistakes/; blanks and crashes do not count.

    Each criterion has two hints or more, and gives nothing away by them: no number that it
    expects and the task does not tell, no code of a solution. Whether a hint helps, nobody but
    you can say.

    Below stands what the points of solution.ipynb rest on: observed from outside, challenged by
    the grader, corroborated (told from inside, borne out from outside), or claimed and no more.

    Exit codes: 0 proved; 3 not proved, or a file is wrong; 4 this machine could not do it; 5 a
    bug of ours.
    """
    from rich.console import Console

    from grader.cli.trials import asked_for, tell_trouble
    from grader.errors import EXIT_AUTHOR

    folder, cases = asked_for(course, assignment)
    news = Console(stderr=True, highlight=False)
    proofs, graded = prove_all(folder, cases, jobs, sandbox_name, news)
    show(Console(highlight=False), folder, proofs)
    tell_trouble(news, graded)
    if not all(proof.holds for proof in proofs):
        raise SystemExit(EXIT_AUTHOR)


def prove_all(
    course: Path, cases: Sequence[Case], jobs: int | None, sandbox_name: str, news: Console
) -> tuple[list[Proof], list[Outcome]]:
    """Run what there is to run, and hold it against what it should earn.

    The records go to a folder that is removed afterwards.
    """
    from tempfile import TemporaryDirectory

    from grader.batch.batch import carry_out
    from grader.batch.work import HandIn, Work
    from grader.cli.screen import ticking
    from grader.cli.trials import executor
    from grader.proving import prove, tried
    from grader.reporting import Asked

    trials = [(case, trial) for case in cases for trial in case.trials]
    outcomes: dict[Path, Outcome] = {}
    with TemporaryDirectory(prefix="grader-prove-") as name:
        out = Path(name)
        works = [
            Work(
                HandIn(t.path, t.student), Asked(c.assignment, c.rubric), out, sandbox_name, t.salt
            )
            for c, t in trials
        ]
        if works:
            with ticking(news, len(works)) as ticker, executor(works, course, jobs, news) as some:
                for work, outcome in carry_out(works, some, ticker):
                    outcomes[work.folder] = outcome
        runs = [
            (case, tried(trial, work.folder))
            for (case, trial), work in zip(trials, works, strict=True)
        ]
    proofs = [prove(case, [run for whose_run, run in runs if whose_run is case]) for case in cases]
    return proofs, [outcomes[work.folder] for work in works]


def show(console: Console, course: Path, proofs: Sequence[Proof]) -> None:
    """Every proof, and how to look closer at what does not hold."""
    from grader.cli.screen import show_report
    from grader.reports.proof import proof_report

    for proof in proofs:
        folder = os.path.relpath(course / "assignments" / proof.assignment)
        show_report(console, proof_report(proof, folder))
