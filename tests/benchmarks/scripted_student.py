"""A scripted student who reads hints, on solutions with a mistake in them: how often it passes.

    python tests/benchmarks/scripted_student.py 00-fundamentals [--each 3] [--half odd] [--jobs 2]

It sees what a student sees: the hints in the order in which `hint` shows them, the cell and line
that a check points at, its notebook. It never sees which mistake was planted, nor the lines that
were changed. It applies the first edit of `scripted_table.py` whose words are in the hints, checks
again, takes the next one if that is no pass, and goes on with the next exercise after a pass. The
random student has as many tries, and each changes the line that is pointed at in one of a few ways.

A mutant counts if a check tells that something is wrong with it. A pass is every exercise correct
that is correct in the solution itself.

Passes of the student who reads (in 02, two mutants of a fault at most), and what is left:
    00                  30/32    N01 1 of 6, X10 1 of 2
    01                  71/71
    02, odd half        44/44
    02, even half       39/47    M07 and X07 2 of 2, B10 1 of 1, L02, T15 and T19 1 of 2

All are in-sample: the table was made with these outcomes in view. One half of 02 was held out until
the table was committed, and gave 27 of 46 (59 %) at first; then hints, pointing and a few edits
were mended. The random student passed on 2 of 32 of 00, and on 4 of 71 of 01.
"""

from __future__ import annotations

import argparse
import random
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from scripted_page import Page
from scripted_table import TABLE

from grader.assignment import load_assignment
from grader.batch.batch import carry_out
from grader.batch.local import Local
from grader.batch.work import HandIn, Outcome, Work
from grader.catalogue import faults
from grader.evidence import read_evidence
from grader.exercises import place
from grader.ladder_texts import fault_ladder, ladders_of
from grader.learner import now
from grader.mutating import as_notebook, planted
from grader.notebook import Cell, Notebook, parse_notebook
from grader.record import EVIDENCE, GRADE
from grader.reporting import Asked, read_grade
from grader.rubric import load_rubric
from grader.sandboxes.choose import FENCED, open_sandbox
from grader.tutor.hints import Ladder, ladders_in_turn
from grader.tutor.practice import Practised, event, practised

ROOT = Path(__file__).resolve().parents[2]
MOST_TRIES, MOST_EXERCISES = 3, 3


class Silent:
    """A ticker that shows nothing."""

    def hand_in(self, student: str) -> None:
        """Nothing."""

    def cell(self, student: str, done: int, total: int) -> None:
        """Nothing."""

    def finished(self, outcome: Outcome) -> None:
        """Nothing."""


class School:
    """Checks notebooks of one assignment, many at a time."""

    def __init__(self, name: str, place: Path, executor: Local) -> None:
        self.assignment = load_assignment(ROOT, name)
        self.asked = Asked(self.assignment, load_rubric(ROOT, self.assignment))
        self.ladders = ladders_of(ROOT, name).exercises
        self._place, self._executor, self._count = place, executor, 0

    def check(self, notebooks: Sequence[Sequence[Cell]]) -> list[dict[str, Practised]]:
        """What a check of each tells, by exercise."""
        works = []
        for cells in notebooks:
            self._count += 1
            path = self._place / f"n{self._count}.ipynb"
            path.write_text(as_notebook(cells), encoding="utf-8")
            works.append(Work(HandIn(path, path.stem), self.asked, self._place / "r", FENCED))
        done = {}
        for work, _ in carry_out(works, self._executor, Silent()):
            grade, evidence = read_grade(work.folder / GRADE), read_evidence(work.folder / EVIDENCE)
            done[work.folder] = practised(grade, evidence, self.asked.rubric)
        return [done[work.folder] for work in works]

    def hints(self, found: Practised) -> list[Ladder]:
        """The ladders that belong to what a check found, in the order in which they are shown."""
        check = event(found, "scripted", now())
        return ladders_in_turn(check, self.ladders[found.exercise], fault_ladder)


class Learner(NamedTuple):
    """Where one student stands.

    Attributes:
        fault: id of the mistake that was planted; for the table of results alone.
        cells: the notebook.
        found: what the last check told.
        left: edits still to be tried, of the exercise in question.
        exercise: the one worked on; empty at the start.
        tries, exercises: how many there were.
    """

    fault: str
    cells: tuple[Cell, ...]
    found: dict[str, Practised]
    left: tuple[tuple[Cell, ...], ...] = ()
    exercise: str = ""
    tries: int = 0
    exercises: int = 0


Student = Callable[[School, Sequence[Cell], Practised], Iterator[tuple[Cell, ...]]]


def open_exercise(found: dict[str, Practised], usual: set[str]) -> str:
    """The first exercise that should be correct and is not; empty where all are."""
    return next((e for e, one in found.items() if e in usual and one.verdict != "correct"), "")


def reader(school: School, cells: Sequence[Cell], found: Practised) -> Iterator[tuple[Cell, ...]]:
    """What the student who reads hints tries, in order."""
    page = page_of(school, cells, found)
    for ladder in school.hints(found):
        text = " ".join(ladder.rungs)
        for words, edit in TABLE:
            if re.search(words, text):
                yield from (changed(cells, new) for new in edit(page))


def guesser(seed: int) -> Student:
    """A student who changes the line that is pointed at, by chance."""
    chance = random.Random(seed)  # noqa: S311  (nothing hangs on it)

    def student(
        school: School, cells: Sequence[Cell], found: Practised
    ) -> Iterator[tuple[Cell, ...]]:
        page = page_of(school, cells, found)
        lines = page.here.split("\n")
        at = page.line - 1 if page.at else chance.randrange(len(lines))
        page = page._replace(line=at + 1)
        while True:
            yield changed(cells, chance.choice(ways(page, lines, at, chance)))

    return student


def ways(page: Page, lines: list[str], at: int, chance: random.Random) -> list[Page]:
    """Ways to change a line without knowing why."""
    line = lines[at]
    swapped = list(lines)
    other = min(at + 1, len(lines) - 1)
    swapped[at], swapped[other] = swapped[other], swapped[at]
    names = re.findall(r"[A-Za-z_]\w*", page.here) or ["x"]
    some = chance.choice(names)
    return [
        page.with_line(None),
        page.with_line(f"{line}\n{line}"),
        page.with_cell("\n".join(swapped)),
        page.with_line(re.sub(r"\d+", str(chance.randrange(10)), line, count=1)),
        page.with_line(re.sub(r"[A-Za-z_]\w*", some, line, count=1)),
        page.with_line(f"{line}()"),
        page.with_line(re.sub(r"\(.*\)", "()", line, count=1)),
        page.with_line(line.replace("*", "@") if "*" in line else line.replace("@", "*")),
        page.with_line(line[4:] if line.startswith("    ") else f"    {line}"),
    ]


def page_of(school: School, cells: Sequence[Cell], found: Practised) -> Page:
    """The notebook, with the place that the check's first remark points at.

    Where it points nowhere, that is the exercise's last cell of code.
    """
    code = tuple(i for i, c in enumerate(cells) if c.kind == "code")
    first = next((r for r in (*found.wrong, *found.unjudged) if r.cell), None)
    sources = tuple(c.source for c in cells)
    if first is not None and first.cell:
        return Page(sources, code, first.cell - 1, first.line or 0)
    exercises = place(Notebook(tuple(cells)), school.assignment).exercise
    own = [i for i in code if exercises.get(i) == found.exercise]
    return Page(sources, code, [*code[:1], *own][-1], 0)


def changed(cells: Sequence[Cell], page: Page) -> tuple[Cell, ...]:
    """The notebook with the texts of a page."""
    return tuple(c._replace(source=s) for c, s in zip(cells, page.cells, strict=True))


def attend(
    school: School, starts: list[Learner], student: Student, usual: set[str]
) -> dict[str, list[bool]]:
    """How each student fares: by planted mistake, whether everything came to be correct."""
    passed: dict[str, list[bool]] = defaultdict(list)
    going = starts
    while going:
        trying = []
        for one in going:
            step = advance(school, one, student, usual)
            if step is None:
                passed[one.fault].append(not open_exercise(one.found, usual))
            else:
                trying.append(step)
        results = school.check([one.left[0] for one in trying])
        going = [judged(one, found) for one, found in zip(trying, results, strict=True)]
    return passed


def advance(school: School, one: Learner, student: Student, usual: set[str]) -> Learner | None:
    """What a student tries next; None where it is done or at its wits' end."""
    now_open = open_exercise(one.found, usual)
    if not now_open:
        return None
    if now_open != one.exercise:
        if one.exercises == MOST_EXERCISES:
            return None
        edits = (e for e in student(school, one.cells, one.found[now_open]) if e != one.cells)
        left = tuple(islice(dict.fromkeys(islice(edits, 40)), MOST_TRIES))
        one = one._replace(left=left, exercise=now_open, exercises=one.exercises + 1)
    return one if one.left else None


def told_of(found: Practised) -> set[str]:
    """The mistakes that a check tells."""
    return {*found.faults, *found.possible}


def judged(one: Learner, found: dict[str, Practised]) -> Learner:
    """A student after a check: an edit that made its exercise correct stays, others go back."""
    before, after = one.found[one.exercise], found[one.exercise]
    if after.verdict == "correct":
        return one._replace(cells=one.left[0], found=found, left=(), tries=one.tries + 1)
    more = len(after.works) - len(before.works)
    if more > 0 or (more == 0 and told_of(after) < told_of(before)):  # the next hint is of the rest
        return one._replace(cells=one.left[0], found=found, left=(), exercise="",
                            tries=one.tries + 1)  # fmt: skip
    return one._replace(left=one.left[1:], tries=one.tries + 1)


def tell(title: str, passed: dict[str, list[bool]]) -> None:
    """The share of passes of each mistake, and of all."""
    print(title)
    for fault, outcomes in sorted(passed.items()):
        print(f"  {fault}: {sum(outcomes)} of {len(outcomes)}")
    every = [outcome for outcomes in passed.values() for outcome in outcomes]
    print(f"  all: {sum(every)} of {len(every)} ({sum(every) / max(1, len(every)):.0%})")


def main() -> None:
    """Plant, check, try and tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("assignment")
    parser.add_argument("--each", type=int, default=100, help="mutants of a fault at most")
    parser.add_argument("--faults", nargs="*", default=[])
    parser.add_argument("--half", choices=("even", "odd"), help="every other fault")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0, help="of the random student")
    options = parser.parse_args()
    path = ROOT / "assignments" / options.assignment / "solution.ipynb"
    assignment = load_assignment(ROOT, options.assignment)
    chosen = [f for f in faults() if not options.faults or f.id in options.faults]
    by_fault: dict[str, list[tuple[Cell, ...]]] = defaultdict(list)
    for mutant in planted(path, assignment, chosen):
        by_fault[mutant.by].append(mutant.cells)
    wanted = {"even": (0, 2), "odd": (1, 2), None: (0, 1)}[options.half]
    mutants = [(fault, cells) for fault, made in sorted(by_fault.items())[wanted[0] :: wanted[1]]
               for cells in made[: options.each]]  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        sandbox = open_sandbox(FENCED, preload=assignment.preload, jobs=options.jobs)
        with Local(sandbox, options.jobs) as executor:
            school = School(options.assignment, Path(place), executor)
            solution = parse_notebook(path.read_bytes())
            assert isinstance(solution, Notebook)
            right = school.check([solution.cells])[0]
            usual = {e for e, p in right.items() if p.verdict == "correct"}
            checked = school.check([cells for _, cells in mutants])
            starts = [
                Learner(fault, cells, found)
                for (fault, cells), found in zip(mutants, checked, strict=True)
                if open_exercise(found, usual)
            ]
            print(f"{len(mutants)} mutants, of which a check tells {len(starts)}")
            tell("reads the hints", attend(school, starts, reader, usual))
            tell("edits at random", attend(school, starts, guesser(options.seed), usual))


if __name__ == "__main__":
    main()
