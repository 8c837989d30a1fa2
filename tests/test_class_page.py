"""The class page: who needs a person and why, how the points lie, what was hardest, everybody."""

from __future__ import annotations

import re
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import records
from hypothesis import given
from hypothesis import strategies as st
from records import class_page
from test_pages import Seen, harmless

from grader.class_points import Range, quartiles
from grader.grade import ExerciseGrade, Grade, Mark
from grader.pages.hardest import MOST_REASONS, Tally
from grader.pages.rows import Row, alike, attempts, row_of, shortened
from grader.pages.scores import FEW, HEIGHT, MANY, SMALL, TOP, scores_of
from grader.record import Grades, folders
from grader.report import Records, Titles
from grader.reporting import write_one, write_overviews
from grader.reports.index import waiting_of
from grader.roster import Absent
from grader.standing import ORDER, STANDINGS, Kind, kind_of

POSSIBLE = {"2.a": 4.0, "2.b": 6.0}
SHARES = {"passed": 1.0, "partly": 0.5}


def mark(criterion: str, verdict: str, because: str = "seen") -> Mark:
    share = SHARES.get(verdict, 0.0)
    return Mark.model_validate({
        "criterion": criterion, "exercise": "2", "core": True, "verdict": verdict, "share": share,
        "earned": share * POSSIBLE[criterion], "possible": POSSIBLE[criterion], "because": because,
        "expected": "", "actual": "", "strength": "claimed", "where": [], "cells": [],
    })  # fmt: skip


def grade(
    student: str,
    first: str = "passed",
    second: str = "passed",
    because: str = "seen",
    **more: object,
) -> Grade:
    """A grade of one exercise with two criteria, worth 4 and 6 points."""
    marks = [mark("2.a", first, because), mark("2.b", second, because)]
    withheld = sum(m.possible for m in marks if m.verdict in ("no_evidence", "broken"))
    earned = sum(m.earned for m in marks)
    exercise = ExerciseGrade(
        id="2", title="A tensor", verdict="correct" if earned == 10 else "partly", earned=earned,
        withheld=withheld, possible=10,
    )  # fmt: skip
    told = {
        "schema": "grader/grade/v1", "assignment": "00", "student": student, "submission": "",
        "earned": earned, "withheld": withheld, "possible": 10.0, "final": not withheld,
        "ending": "finished", "needs_a_person": [], "exercises": [exercise], "marks": marks,
    }  # fmt: skip
    return Grade.model_validate({**told, **more})


def text(page: str) -> str:
    return " ".join(Seen(page).text.split())


def row(earned: float, withheld: float = 0) -> Row:
    made = row_of(grade("x"), "", "")
    kind: Kind = "withheld" if withheld else "graded"
    return made._replace(earned=earned, withheld=withheld, kind=kind)


# who needs a person


STATES = [
    ("not-graded", grade("a", final=False, ending="host_failed", needs_a_person=["no fence"])),
    ("unreadable", grade("b", final=False, ending="unreadable", needs_a_person=["b.py: empty"])),
    (
        "unrecognised",
        grade(
            "h",
            final=False,
            ending="unrecognised",
            needs_a_person=["h.ipynb: too few exercises were found in it"],
        ),
    ),
    ("broken", grade("c", "broken", needs_a_person=["criterion 2.a: our check failed"])),
    ("withheld", grade("d", "no_evidence", needs_a_person=["exercise 2: a doubt"])),
    ("not-final", grade("e", final=False, ending="kernel_died", needs_a_person=["it died"])),
    ("look", grade("f", needs_a_person=["answers were taken by position"])),
    ("graded", grade("g")),
]


@pytest.mark.parametrize(("kind", "one"), STATES)
def test_how_a_hand_in_stands(kind: str, one: Grade) -> None:
    assert kind_of(one) == kind


def test_those_who_need_a_person_come_first_with_the_reason_and_the_review() -> None:
    page = class_page(Records([one for _, one in reversed(STATES)]))
    seen = harmless(page)
    panel = page[page.index('class="panel person"') : page.index("</section>")]
    assert re.findall(r'href="00/(\w)/review.html"', panel) == ["a", "b", "h", "c", "d", "e", "f"]
    headings = re.findall(r"<h3>(.*?) <span", panel)
    assert headings == [STANDINGS[k].heading.replace("'", "&#39;") for k in ORDER
                        if k not in ("graded", "absent")]  # fmt: skip
    for _, one in STATES[:-1]:
        [reason] = one.needs_a_person
        assert reason in " ".join(seen.text.split())
    names = re.findall(r'<th scope="row"><a href="00/(\w)/', page)
    assert names == ["a", "b", "h", "c", "d", "e", "f", "g"]


def test_the_same_reason_is_told_once_with_all_who_have_it() -> None:
    same = [grade(f"s{i}", needs_a_person=[f"exercise 2: needs 'v{i}', cell {i}"])
            for i in range(3)]  # fmt: skip
    other = grade("t", needs_a_person=["exercise 3: needs 'v', cell 7"])
    [look] = waiting_of(row_of(g, "", "") for g in [other, *same])
    assert look.number == 4
    assert [(r.reason, len(r.rows)) for r in look.reasons] == [
        ("exercise 2: needs …, cell …", 3), ("exercise 3: needs 'v', cell 7", 1)
    ]  # fmt: skip
    page = text(class_page(Records([other, *same])))
    assert "exercise 2: needs …, cell … s0, s1, s2" in page


def test_a_reason_is_told_without_the_name_of_the_file_it_is_about() -> None:
    one = grade("b", final=False, ending="unreadable", file="in/b.ipynb",
                needs_a_person=["b.ipynb: the file is empty"])  # fmt: skip
    assert row_of(one, "", "").reason == "the file is empty"


def test_a_reason_is_one_short_line() -> None:
    assert shortened("a\n b\tc") == "a b c"
    long = shortened("word " * 1000)
    assert len(long) == 200
    assert long.endswith("…")
    assert alike("exercise 10: saw 3.5e-1 of 'x', expected 7") == (
        "exercise 10: saw … of …, expected …"
    )


# how the points lie


def test_withheld_points_make_quartiles_ranges() -> None:
    settled = [row(2), row(4), row(6), row(8)]
    assert [str(q) for q in quartiles(settled)] == ["3.5", "5", "6.5"]
    assert quartiles([*settled, row(0, 10)])[1] == Range(4, 6)
    assert str(Range(4, 6)) == "4\u20136"


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 1), st.floats(0, 1)), min_size=1))
def test_what_is_settled_later_lies_in_the_range_told_before(
    told: list[tuple[float, float, float]],
) -> None:
    """Whatever part of the withheld points a person gives in the end."""
    open_rows = [row(e, w * (10 - e)) for e, w, _ in told]
    later = [row(e + share * w * (10 - e)) for e, w, share in told]
    for before, after in zip(quartiles(open_rows), quartiles(later), strict=True):
        assert before.low - 1e-9 <= after.low == after.high <= before.high + 1e-9


def test_a_hand_in_with_withheld_points_is_drawn_wherever_it_may_come_to_lie() -> None:
    scores = scores_of([row(10), row(10), row(2, 5)])
    assert scores is not None
    assert [b.settled for b in scores.bars] == [0] * 9 + [2]
    assert [b.open for b in scores.bars] == [0, 0, 1, 1, 1, 1, 1, 1, 0, 0]
    assert (scores.settled, scores.open, scores.not_run) == (2, 1, 0)
    assert scores.bars[9].height == HEIGHT
    assert scores.bars[2].open_y == TOP + HEIGHT / 2


def test_what_did_not_run_and_who_is_absent_have_no_points() -> None:
    grades = [grade("x"), grade("y", "failed"), STATES[0][1], STATES[1][1]]
    page = class_page(Records(grades, [Absent("zoe", "4711", "00")]))
    assert "2 did not run and are left out" in text(page)
    assert "median 8," in text(page)
    [zoe] = re.findall(r'<tr data-k="absent".*', page)
    assert "no hand-in" in zoe
    assert "4711" in zoe
    assert ">0<" not in zoe
    assert "1 no hand-in" in " ".join(
        re.sub(r"<dt>(.*?)</dt><dd>(.*?)</dd>", r"\2 \1", page).split("<div>")
    )


def test_who_is_absent_is_absent_from_one_assignment() -> None:
    absent = [Absent("zoe", "", "00"), Absent("ann", "", "01"), Absent("<b>", "<i>", "01")]
    page = class_page(Records([grade("ann")], absent))
    harmless(page)
    first, second = page.split('id="assignment-2"')
    assert re.findall(r'absent" data-m=""><th scope="row"><bdi>(.*?)</bdi>', first) == ["zoe"]
    assert re.findall(r'absent" data-m=""><th scope="row"><bdi>(.*?)</bdi>', second) == [
        "ann", "&lt;b&gt;"
    ]  # fmt: skip


def test_a_batch_in_which_nothing_ran_has_no_histogram() -> None:
    assert scores_of([row_of(STATES[0][1], "", "")]) is None
    harmless(class_page(Records([STATES[0][1]])))


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 10)), min_size=1, max_size=80))
def test_the_histogram_keeps_to_its_drawing(told: list[tuple[float, float]]) -> None:
    rows = [row(earned, min(withheld, 10 - earned)) for earned, withheld in told]
    scores = scores_of(rows)
    assert scores is not None
    assert len(scores.bars) == (FEW if len(rows) <= SMALL else MANY)
    assert sum(b.settled for b in scores.bars) == sum(not r.withheld for r in rows)
    assert scores.open <= sum(b.open for b in scores.bars)
    for bar in scores.bars:
        assert bar.x >= 0
        assert bar.x + bar.width <= 100
        assert TOP - 0.2 <= bar.open_y <= bar.y <= TOP + HEIGHT
        assert bar.open_y + bar.open_height == pytest.approx(bar.y, abs=0.2)
    for start, width in (scores.half, scores.middle):
        assert 0 <= start < start + width <= 100.01


def test_the_histogram_is_told_in_words_and_as_a_table() -> None:
    page = class_page(Records([grade("a"), grade("b", "failed")]))
    [svg] = [a for a in Seen(page).all("svg") if a.get("role") == "img"]
    ids = {a.get("id") for name, a in Seen(page).elements if name in ("title", "desc")}
    assert set((svg["aria-labelledby"] or "").split()) <= ids
    assert "6 to under 7 points: 1; 9 to 10 points: 1." in text(page)
    rows = re.findall(r'<th scope="row">(\d.*?)</th><td>(\d+)</td>', page)
    assert [r for r in rows if r[1] != "0"] == [("6 to under 7", "1"), ("9 to 10", "1")]


# what was hardest


def hardest(*grades: Grade, titles: dict[str, str] | None = None) -> list[Any]:
    tally = Tally()
    for one in grades:
        tally.take(one)
    return tally.hardest(titles or {})


def test_the_criterion_that_the_fewest_met_comes_first() -> None:
    found = hardest(grade("a"), grade("b", "passed", "failed"), grade("c", "passed", "partly"),
                    titles={"2.b": "the shape"})  # fmt: skip
    assert [(h.id, h.title, h.rate, h.lost) for h in found] == [
        ("2.b", "the shape", 33, 2), ("2.a", "2.a", 100, 0)
    ]  # fmt: skip
    assert [(p.word, p.number) for p in found[0].parts] == [
        ("met", 1), ("partly met", 1), ("not met", 1)
    ]  # fmt: skip
    assert sum(p.width for p in found[0].parts) == pytest.approx(100, abs=0.1)


def test_what_could_not_be_judged_and_what_did_not_run_makes_no_criterion_hard() -> None:
    found = hardest(grade("a"), grade("b", "no_evidence"), grade("c", "broken"), STATES[0][1])
    assert [(h.rate, h.judged) for h in found] == [(100, 1), (100, 3)]
    [unjudged] = hardest(grade("a", "no_evidence", "passed"))[1:]
    assert unjudged.rate is None


def test_a_rate_is_all_or_none_only_where_it_is() -> None:
    many = [grade(f"s{i}") for i in range(999)]
    assert hardest(*many, grade("x", "failed"))[0].rate == 99
    assert hardest(*[grade("x", "failed")] * 999, grade("y"))[0].rate == 1


def test_the_most_common_reason_is_told_whatever_its_numbers() -> None:
    losing = [grade("a", "failed", because="saw 1.5"), grade("b", "partly", because="saw 2"),
              grade("c", "failed", because="not there"), grade("d", because="saw 3")]  # fmt: skip
    first = hardest(*losing)[0]
    assert (first.reason, first.for_that) == ("saw …", 2)
    alone = hardest(grade("a", "failed", because="saw 1.5"))[0]
    assert (alone.reason, alone.for_that) == ("saw 1.5", 1)


def test_strangers_cannot_make_any_number_of_reasons() -> None:
    tally = Tally()
    for i in range(MOST_REASONS + 50):
        word = "".join(chr(97 + int(d)) for d in str(i))
        tally.take(grade("a", "failed", because=f"reason {word}"))
    assert len(tally._reasons["2.a"]) == MOST_REASONS


def test_a_row_names_what_it_lost_by_the_columns_of_the_criteria() -> None:
    page = class_page(Records([grade("a", "failed", "not_attempted"), grade("b", "no_evidence")]))
    marks = dict(re.findall(r'data-m="(\w*)"><th scope="row"><a href="00/(\w)/', page))
    assert marks == {"fn": "a", "up": "b"}
    columns = {a["data-id"]: a["data-column"] for a in Seen(page).all("li") if "data-id" in a}
    assert columns == {"2.a": "0", "2.b": "1"}


# everybody


def test_points_of_what_did_not_run_are_not_zero() -> None:
    page = class_page(Records([STATES[0][1]]))
    assert '<td class="right" data-v="-1">–</td>' in page  # noqa: RUF001
    assert "0 <i>/" not in page


def test_records_of_one_name_are_counted_where_anybody_has_several() -> None:
    assert attempts(["ada", "ada-2", "ada-3", "bob", "team-2", "x-1"]) == {
        "ada": 3, "ada-2": 3, "ada-3": 3, "bob": 1, "team-2": 1, "x-1": 1
    }  # fmt: skip
    assert "Records" not in text(class_page(Records([grade("ada"), grade("bob")])))
    assert "Records" in text(class_page(Records([grade("ada"), grade("ada-2")])))


def test_hand_ins_of_a_smaller_assignment_leave_cells_empty() -> None:
    """Before an author added an exercise, or took one away."""
    more = grade("b")
    added = more.exercises[0].model_copy(update={"id": "3", "verdict": "wrong"})
    page = class_page(Records([grade("a"), more.model_copy(update={"exercises": [added]})]))
    cells = dict(re.findall(r'href="00/(\w)/review.*?</b></td>(.*?)<td class="q"', page))
    assert cells == {
        "a": '<td class="v c">correct</td><td class="v"></td>',
        "b": '<td class="v"></td><td class="v w">wrong</td>',
    }


def test_how_a_run_ended_is_told_where_any_did_not_finish() -> None:
    assert "kernel died" in class_page(Records([STATES[5][1], grade("a")]))
    assert ">Run</th>" not in class_page(Records([grade("a")]))


def test_titles_come_from_the_course_and_ids_stand_where_it_has_none() -> None:
    titles = {"00": Titles("Tensors", {"2.a": "the <b>shape</b>"})}
    page = class_page(Records([grade("a", "failed")], titles=titles))
    harmless(page)
    assert "the <b>shape</b> exercise 2: A tensor" in text(page)
    assert "Tensors" in text(page)


def test_a_broken_rubric_of_another_assignment_costs_the_page_its_titles_alone(
    tmp_path: Path,
) -> None:
    records.write_batch(tmp_path)
    course = tmp_path / "course"
    (course / "assignments" / records.ID).mkdir(parents=True)
    (course / "assignments" / records.ID / "assignment.toml").write_text("nonsense")
    assert not write_overviews(tmp_path, folders(tmp_path), course)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "2.shape" in page or "4.numbers" in page
    assert "4 hand-ins" in page


def test_a_page_that_breaks_half_way_is_no_page(tmp_path: Path) -> None:
    def broken() -> Iterator[str]:
        yield "half"
        raise ZeroDivisionError

    (tmp_path / "index.html").write_text("an earlier one")
    assert "ZeroDivisionError" in write_one(tmp_path / "index.html", broken)
    assert not list(tmp_path.iterdir())
    assert not write_one(tmp_path / "index.html", lambda: iter(["ha", "lf"]))
    assert (tmp_path / "index.html").read_text() == "half"


# memory


def test_grades_are_read_one_by_one_and_again(tmp_path: Path) -> None:
    made = records.write_batch(tmp_path)
    found = Grades(folders(tmp_path))
    assert [g.student for g in found] == [g.student for g in made] == [g.student for g in found]
    (tmp_path / records.ID / "bob" / "grade.json").write_text("{")
    assert "bob" not in [g.student for g in found]


def test_the_page_keeps_a_short_row_of_each_grade() -> None:
    """A grade's texts go as the next one comes: a hundred of 200 kB are never there at once."""

    class Long:
        def __iter__(self) -> Any:  # noqa: ANN401
            for i in range(100):
                one = grade(f"s{i}", needs_a_person=[f"{i} " + "x" * 100_000])
                yield one.model_copy(update={"submission": "y" * 100_000})

    tracemalloc.start()
    page = class_page(Records(Long()))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 10_000_000
    assert len(page) < 500_000
