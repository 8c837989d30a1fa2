"""Every hint is short, plain and friendly, and the last one is no solution."""

from __future__ import annotations

import io
import keyword
import re
import tokenize
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from readability import belittles, grade, sentences

from grader.assignment import load_assignment
from grader.catalogue import faults
from grader.course import known_assignments
from grader.exercises import place
from grader.notebook import Notebook
from grader.rubric import load_rubric
from grader.submission import read_submission
from grader.tutor import hints
from grader.tutor.worked_examples import EXAMPLES

COURSE = Path(__file__).parents[1]
HARDEST = 9.0
"""US school grade; see Brown et al. 2024, whose educators preferred hints up to that one."""
MOST_WORDS, MOST_SENTENCES = (30, 45, 80), (2, 3, 4)
MOST_SHARED = 0.4
"""Of the words of a last hint, how many may be names or numbers in the code of the solution."""
TOKEN = re.compile(r"[A-Za-z_]\w*|\d+(?:\.\d+)?")


class Told(NamedTuple):
    """A ladder, and the exercise it is of; none for that of a fault."""

    name: str
    rungs: tuple[str, ...]
    where: tuple[str, str] | None = None


def ladders() -> list[Told]:
    found = [Told(fault.id, fault.hints) for fault in faults()]
    for name in known_assignments(COURSE):
        rubric = load_rubric(COURSE, load_assignment(COURSE, name))
        found += [Told(f"{name} {c.id}", tuple(c.hints), (name, c.exercise))
                  for c in rubric.criteria if c.visibility == "public"]  # fmt: skip
    return found


each = pytest.mark.parametrize("told", ladders(), ids=lambda told: told.name)


@each
def test_a_ladder_has_three_rungs_each_another(told: Told) -> None:
    assert len(set(told.rungs)) == len(hints.RUNGS) == 3


@each
def test_a_ladder_is_plain_to_read(told: Told) -> None:
    assert grade(" ".join(told.rungs)) <= HARDEST, [round(grade(r), 1) for r in told.rungs]


@each
def test_a_hint_belittles_nobody(told: Told) -> None:
    assert not belittles(" ".join(told.rungs))


@each
def test_a_hint_is_short(told: Told) -> None:
    for rung, words, most in zip(told.rungs, MOST_WORDS, MOST_SENTENCES, strict=True):
        assert len(rung.split()) <= words, rung
        assert len(sentences(rung)) <= most, rung


@each
def test_the_last_hint_leaves_the_solution_to_be_written(told: Told) -> None:
    words = TOKEN.findall(told.rungs[-1])
    known = [w for w in words if w in code_of(told.where)]
    assert len(known) / len(words) < MOST_SHARED, known


@cache
def code_of(where: tuple[str, str] | None) -> frozenset[str]:
    """Names and numbers in the solutions of an exercise, or of all; no keywords, no letters."""
    found: set[str] = set()
    for name in known_assignments(COURSE):
        assignment = load_assignment(COURSE, name)
        for path in sorted((COURSE / "assignments" / name).glob("solution*.ipynb")):
            notebook = read_submission(path, "solution", assignment).notebook
            assert isinstance(notebook, Notebook)
            placed = place(notebook, assignment).exercise
            for cell in notebook.code:
                if where in (None, (name, placed.get(cell.index))):
                    found |= tokens(cell.source)
    return frozenset(found)


def tokens(source: str) -> set[str]:
    """Names and numbers of code; not what stands in comments and texts."""
    lines = "\n".join(n for n in source.split("\n") if not n.lstrip().startswith(("!", "%")))
    read = tokenize.generate_tokens(io.StringIO(lines).readline)
    words = {t.string for t in read if t.type in (tokenize.NAME, tokenize.NUMBER)}
    return {w for w in words if not keyword.iskeyword(w) and (len(w) > 1 or w.isdigit())}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_worked_example_is_plain_to_read(name: str) -> None:
    problem, _, point = EXAMPLES[name]
    assert grade(f"{problem} {point}") <= HARDEST
    assert not belittles(f"{problem} {point}")


def test_what_goes_with_hints_is_plain_to_read() -> None:
    for text in (hints.IN_YOUR_WORDS, hints.CLOSED, f"{hints.WAITS}."):
        assert grade(text) <= HARDEST, text
        assert not belittles(text)


def test_the_grade_is_that_of_the_formula() -> None:
    assert grade("The cat sat on the mat.") == pytest.approx(0.39 * 6 + 11.8 - 15.59)
    hard = (
        "Differentiability necessitates continuity, notwithstanding pathological counterexamples."
    )
    assert grade(hard) > 15


def test_code_is_not_read_letter_by_letter() -> None:
    assert grade("Call `torch.cuda.is_available()` once.") == grade("Call it once.")


def test_what_belittles_is_found() -> None:
    assert belittles("Just add a line, it is Easy.") == ["Just", "Easy"]
    assert not belittles("Adjust the justified line.")


def test_a_solution_in_a_hint_would_be_found() -> None:
    code = code_of(("00-fundamentals", "5"))
    words = TOKEN.findall("torch.cuda.manual_seed(1234)")
    assert all(w in code for w in words)
