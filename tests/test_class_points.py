"""The terminal, the class page and regrading tell the same numbers of a class in the same words."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from records import class_page
from rich.console import Console
from test_class_page import STATES, grade, text

from grader.batch.records import Judged
from grader.batch.work import Outcome
from grader.class_points import in_words, ran, summary
from grader.cli.regrade import told as told_of_all
from grader.cli.screen import show_summary, show_table
from grader.grade import Grade
from grader.pages.rows import row_of
from grader.regrading import Changed
from grader.report import Records
from grader.standing import STANDINGS, kind_of

CLASS = [one for _, one in STATES]


def on_screen(outcomes: list[Outcome], absent: int = 0) -> str:
    """What the terminal shows of several hand-ins."""
    file = io.StringIO()
    console = Console(file=file, width=120)
    show_table(console, outcomes)
    show_summary(console, outcomes, absent)
    return file.getvalue()


def test_the_class_page_and_the_terminal_count_alike() -> None:
    outcomes = [Outcome.read(one) for one in CLASS]
    rows = [row_of(one, "", "") for one in CLASS]
    assert summary(rows, 2) == summary(outcomes, 2)
    counts = {what: number for number, what in summary(outcomes, 2)}
    assert counts == {
        "hand-ins": "8", "graded": "1", "need a person": "7", "no hand-in": "2",
        "median of 10": "10", "middle half": "6\u201310 to 10",
    }  # fmt: skip
    page = class_page(Records(CLASS))
    shown = on_screen(outcomes)
    for number, what in summary(outcomes):
        assert re.search(rf">{re.escape(what)}</dt><dd>{re.escape(number)}</dd>", page)
        assert f"{number} {what}" in shown or f"{what}: {number}" in shown


@pytest.mark.parametrize("one", CLASS)
def test_points_are_told_alike_everywhere(one: Grade) -> None:
    outcome = Outcome.read(one)
    assert outcome.kind == kind_of(one)
    points = in_words(outcome)
    cell = re.search(r'<td class="right"[^>]*>(.*?)</td>', class_page(Records([one])))
    assert cell
    assert text(f"<main>{cell[1]}</main>").split(" /")[0] == points
    line = next(t for t in on_screen([outcome]).splitlines() if t.startswith(one.student))
    assert line.split()[1] == points
    changed = Judged(Path("nowhere"), outcome, "3", (Changed("2.a", "1 of 4", "4 of 4"),))
    first = told_of_all([changed])[0]
    wanted = f"3 → {points} of 10 points" if ran(outcome) else STANDINGS[outcome.kind].word
    assert first.removesuffix(" ?") == f"{one.student}: {wanted}"


def test_what_is_not_final_is_told_as_a_range_and_what_did_not_run_has_none() -> None:
    assert in_words(Outcome.read(grade("a"))) == "10"
    assert in_words(Outcome.read(grade("a", "no_evidence"))) == "6\u201310"
    assert in_words(Outcome.read(grade("a", final=False, ending="unrecognised"))) == "\u2013"
    drawn = text(class_page(Records([grade("a", final=False), grade("b")])))
    assert "1 final" in drawn
    assert "1 not final, drawn wherever it may still come to lie" in drawn
