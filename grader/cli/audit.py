"""Attack a rubric with planted mistakes, and with other ways to write its solutions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.options import course_option, jobs_option, sandbox_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from grader.attempts import Attempt
    from grader.audit import Audit, Ran
    from grader.batch.work import Outcome
    from grader.equivalence import Seen
    from grader.proving import Case


@click.command("audit")
@click.argument("assignment", required=False, metavar="[ID]")
@click.option(
    "--out", "-o", type=click.Path(file_okay=False, path_type=Path), default=Path("audits"),
    show_default=True, metavar="DIR", help="Folder for the page, which is called ID.html.",
)  # fmt: skip
@click.option(
    "--fail-under", "percent", type=click.FloatRange(0, 100), metavar="PERCENT",
    help="Exit code 3 if fewer of the mistakes lose points, or a correct variant is judged"
    " otherwise than its solution.",
)  # fmt: skip
@jobs_option
@sandbox_option
@course_option
def command(
    assignment: str | None, out: Path, percent: float | None, jobs: int | None, sandbox_name: str,
    course: Path | None,
) -> None:  # fmt: skip
    """Attack a rubric with planted mistakes, and with other ways to write its solutions.

    Without an ID, all assignments of the course. Each mistake that the grader knows is planted in
    each solution, in each place where it can be made, and each solution is written in other ways:
    other names, parted cells, a function around the loop, and the like. All of them are run as
    hand-ins are, beside the solutions at three seeds and the hand-ins in mistakes/.

    Told are mistakes that cost nothing, other ways that change a verdict, each with its lines;
    mistakes that are diagnosed in correct work; criteria that nothing loses or that are always
    lost together; verdicts on solutions that hang on the seed; and how often a planted mistake is
    what is diagnosed. A mutant that does what its solution does, as far as evidence tells, is no
    mistake, and counts nowhere. Mistakes of severity W and N are not expected to lose points, nor
    is one that its own diagnosis calls harmless where it was planted.

    The same is written as a page, with all the lines.

    Exit codes: 0 done, whatever was found; 3 not as --fail-under wants it, or a file is wrong; 4
    this machine could not do it; 5 a bug of ours.
    """
    from rich.console import Console

    from grader.cli.trials import asked_for, tell_trouble
    from grader.errors import EXIT_AUTHOR

    folder, cases = asked_for(course, assignment)
    news = Console(stderr=True, highlight=False)
    audits, outcomes = audit_all(folder, cases, jobs, sandbox_name, news)
    show(Console(highlight=False), audits, out)
    tell_trouble(news, outcomes)
    if percent is not None and not all(audit.holds(percent) for audit in audits):
        raise SystemExit(EXIT_AUTHOR)


def audit_all(
    course: Path, cases: Sequence[Case], jobs: int | None, sandbox_name: str, news: Console
) -> tuple[list[Audit], list[Outcome]]:
    """Run what there is to run, and see what it shows.

    Everything that is written for it goes to a folder that is removed afterwards.
    """
    from tempfile import TemporaryDirectory

    from grader.attempts import attempts
    from grader.auditing import audit
    from grader.catalogue import faults, variations

    with TemporaryDirectory(prefix="grader-audit-") as name:
        out = Path(name)
        todo: list[tuple[Case, Attempt]] = []
        for case in cases:
            place = out / "hand-ins" / case.assignment.id
            place.mkdir(parents=True)
            todo += [(case, a) for a in attempts(case, place, faults(), variations())]
        runs, outcomes = run_all(todo, course, out, jobs, sandbox_name, news)
    audits = [
        audit(case.assignment.title, case.rubric, runs[case.assignment.id], faults(), variations())
        for case in cases
    ]
    return audits, outcomes


def run_all(
    todo: Sequence[tuple[Case, Attempt]], course: Path, out: Path, jobs: int | None,
    sandbox_name: str, news: Console,
) -> tuple[dict[str, list[Ran]], list[Outcome]]:  # fmt: skip
    """Run hand-ins, the solutions before all others; what each shows, by assignment."""
    from itertools import chain
    from shutil import rmtree

    from grader.attempts import look
    from grader.batch.batch import carry_out
    from grader.batch.work import HandIn, Work
    from grader.cli.screen import ticking
    from grader.cli.trials import executor
    from grader.reporting import Asked

    works = [
        Work(HandIn(a.path, a.student), Asked(c.assignment, c.rubric), out, sandbox_name, a.salt)
        for c, a in todo
    ]
    attempt_of = {work.folder: a for work, (_, a) in zip(works, todo, strict=True)}
    first = [work for work in works if attempt_of[work.folder].part == "solution"]
    then = [work for work in works if attempt_of[work.folder].part != "solution"]
    runs: dict[str, list[Ran]] = {case.assignment.id: [] for case, _ in todo}
    shown: dict[str, dict[str, list[Seen]]] = {name: {} for name in runs}
    outcomes: list[Outcome] = []
    if not works:
        return runs, outcomes
    with ticking(news, len(works)) as ticker, executor(works, course, jobs, news) as local:
        batches = (carry_out(some, local, ticker) for some in (first, then))
        for work, outcome in chain.from_iterable(batches):
            name = work.asked.assignment.id
            attempt = attempt_of[work.folder]
            runs[name].append(look(attempt, work.folder, runs[name], shown[name]))
            outcomes.append(outcome)
            rmtree(work.folder)  # there may be hundreds
    return runs, outcomes


def show(console: Console, audits: Sequence[Audit], out: Path) -> None:
    """Every audit, and its page.

    Raises:
        HostError: the page cannot be written.
    """
    from grader.cli.screen import show_report
    from grader.errors import HostError
    from grader.reports.audit import audit_report
    from grader.reports.audit_page import audit_page
    from grader.whole_files import write_whole

    for audit in audits:
        page = out / f"{audit.assignment}.html"
        try:
            out.mkdir(parents=True, exist_ok=True)
            write_whole(page, audit_page(audit), lasting=False)
        except OSError as problem:
            raise HostError(f"{page}: cannot be written: {problem.strerror}") from problem
        show_report(console, audit_report(audit))
        console.print(f"    the page: {page}", soft_wrap=True, markup=False)
