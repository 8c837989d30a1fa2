"""What a person sees while and after grading."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from grader.batch.executor import Ticker
from grader.batch.work import Outcome
from grader.class_points import in_words, ran, summary
from grader.legible import clean, points
from grader.reports.terminal import STYLES, UNFENCED, Line
from grader.roster import Absent
from grader.signs import SIGNS
from grader.standing import STANDINGS

LOOKS = {"title": "bold", "good": "green", "part": "yellow", "bad": "red", "dim": "dim",
         "plain": "", "person": "bold magenta"}  # fmt: skip


def consoles() -> tuple[Console, Console]:
    """Where results go, and where all that is told besides goes."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 120  # a file has no edge to break lines at
    return console, Console(stderr=True, highlight=False)


def tell(news: Console, lines: Sequence[str]) -> None:
    """What was not graded, and what else a person should know."""
    for line in filter(None, lines):
        news.print(line, style="yellow", soft_wrap=True, markup=False)


def show_report(console: Console, lines: Sequence[Line]) -> None:
    """Print a report; its text is data, never markup."""
    for line in lines:
        console.print(Text(line.text, style=LOOKS[line.style]), soft_wrap=True)


def show_table(
    console: Console, outcomes: Sequence[Outcome], absent: Sequence[Absent] = ()
) -> None:
    """Print one line a hand-in: who needs a person first, then by points, then who has none."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    names = [*(o.student for o in outcomes), *(one.student for one in absent)]
    ids = [exercise for exercise, _ in outcomes[0].exercises] if outcomes else []
    longest = min(24, max([len("student"), *(len(clean(n)) for n in names)]))
    title = f"exercises {ids[0]} to {ids[-1]}" if ids else ""
    width = max(len(title), 2 * len(ids) - 1)
    results = {o.student: result_of(o) for o in outcomes}
    widest = max([12, *map(len, results.values())])
    room = max(0, console.width - longest - widest - width - 6)
    table.add_column("student", width=longest, overflow="ellipsis", no_wrap=True)
    table.add_column("points", width=widest, justify="right", no_wrap=True)
    table.add_column(title, width=width, no_wrap=True)
    table.add_column("needs a person" if room > 13 else "", no_wrap=True)
    for outcome in sorted(outcomes, key=lambda o: (not o.needs_a_person, -o.earned, o.student)):
        result = results[outcome.student]
        signs = Text(" ").join(
            Text(SIGNS[verdict], LOOKS[STYLES[verdict]]) for _, verdict in outcome.exercises
        )
        note = clean(outcome.needs_a_person)
        note = note if len(note) <= room else f"{note[: max(0, room - 1)]}…"
        table.add_row(Text(clean(outcome.student)), result, signs, Text(note, LOOKS["person"]))
    for one in absent:
        table.add_row(Text(clean(one.student)), Text("no hand-in", "dim"))
    console.print(table)
    legend = "  ".join(f"{sign} {verdict}" for verdict, sign in SIGNS.items())
    console.print(Text(f"{legend}   points with ? are not final", "dim"))
    if any(o.sandbox == "none" for o in outcomes):
        console.print(Text(UNFENCED, "dim"))


def result_of(outcome: Outcome) -> str:
    """Its points among all there are; those that are not final say so."""
    if not ran(outcome):
        return in_words(outcome)
    mark = "" if outcome.final else " ?"
    return f"{in_words(outcome)} / {points(outcome.possible)}{mark}"


def show_summary(
    console: Console, outcomes: Sequence[Outcome], absent: int = 0, *, of: str = ""
) -> None:
    """Print one line about all, with the numbers and in the words of the class page.

    Args:
        console: where to.
        outcomes: of all hand-ins to an assignment.
        absent: how many of its roster handed in nothing.
        of: the assignment; empty where there is one alone.
    """
    told = [
        f"{what}: {number}" if what.startswith(("median", "middle")) else f"{number} {what}"
        for number, what in summary(outcomes, absent)
    ]
    console.print(Text("   ".join([*filter(None, [of]), *told]), "bold"), soft_wrap=True)


class BarTicker:
    """A bar on a terminal; hand-ins run side by side."""

    def __init__(self, progress: Progress, hand_ins: int) -> None:
        self._progress = progress
        self._task = progress.add_task("starting PyTorch", total=hand_ins)
        self._done = 0
        self._running: dict[str, float] = {}

    def hand_in(self, student: str) -> None:
        """Name the hand-in that runs."""
        self._running[student] = 0.0
        self._show()

    def cell(self, student: str, done: int, total: int) -> None:
        """Move within the hand-in."""
        self._running[student] = done / max(total, 1)
        self._show()

    def finished(self, outcome: Outcome) -> None:
        """Count it."""
        self._running.pop(outcome.student, None)
        self._done += 1
        self._show()

    def _show(self) -> None:
        running = dict(self._running)  # other threads add to it
        names = ", ".join(clean(name)[:20] for name in running)
        self._progress.update(
            self._task, completed=self._done + sum(running.values()), description=names[:60]
        )


class LineTicker:
    """Plain lines where no terminal is."""

    def __init__(self, console: Console, hand_ins: int) -> None:
        self._console = console
        self._total = hand_ins
        self._done = 0

    def hand_in(self, student: str) -> None:
        """Nothing yet: a line follows when it is done."""

    def cell(self, student: str, done: int, total: int) -> None:
        """Nothing: too much for a log."""

    def finished(self, outcome: Outcome) -> None:
        """One line."""
        self._done += 1
        state = "" if outcome.final else " (not final)"
        came_to = (
            f"{in_words(outcome)} of {points(outcome.possible)} points{state}"
            if ran(outcome) else STANDINGS[outcome.kind].word
        )  # fmt: skip
        text = f"[{self._done}/{self._total}] {clean(outcome.student)}: {came_to}"
        self._console.print(Text(text), soft_wrap=True)


class Rate(ProgressColumn):
    """Hand-ins a second, or a minute where they take long."""

    def render(self, task: Task) -> Text:
        """The rate of the last half minute; nothing until there is one."""
        speed = task.speed or 0.0
        if not speed:
            return Text("")
        return Text(f"{speed:.1f} a second" if speed >= 1 else f"{60 * speed:.0f} a minute")


@contextmanager
def ticking(console: Console, hand_ins: int) -> Iterator[Ticker]:
    """Progress of a batch: a bar on a terminal, lines elsewhere."""
    if not console.is_terminal:
        yield LineTicker(console, hand_ins)
        return
    with Progress(
        BarColumn(20), TextColumn("{task.completed:.0f}/{task.total}"), Rate(),
        TimeRemainingColumn(compact=True), TextColumn("left  {task.description}", markup=False),
        console=console, transient=True,
    ) as progress:  # fmt: skip
        yield BarTicker(progress, hand_ins)


@contextmanager
def busy(what: str) -> Iterator[Callable[[str], None]]:
    """Says on a terminal what takes a while, as long as it does; what it yields says it anew."""
    console = Console(stderr=True)
    with console.status(Text(what)) as status:
        yield lambda text: status.update(Text(text))
