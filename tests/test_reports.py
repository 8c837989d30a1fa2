"""Reports say what matters in little room, and to students nothing they may not see."""

from __future__ import annotations

import csv
import io
from itertools import product
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from grader.assignment import Assignment, load_assignment
from grader.audience import Audience
from grader.batch.work import Outcome
from grader.cli.screen import show_table
from grader.evidence import Evidence
from grader.grade import ExerciseVerdict, Grade, judge, mark
from grader.obstacles import Obstacle
from grader.plugins import check_class
from grader.report import Records
from grader.reports.table import grades_csv
from grader.reports.terminal import MOST_LINES, STYLES, report
from grader.roster import Absent
from grader.rubric import Criterion, Rubric, load_rubric
from grader.scene import Scene
from grader.signs import SIGNS

ROOT = Path(__file__).parents[1]
AUDIENCES: tuple[Audience, ...] = get_args(Audience)


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    return load_assignment(ROOT, "00-fundamentals")


@pytest.fixture(scope="module")
def rubric(assignment: Assignment) -> Rubric:
    return load_rubric(ROOT, assignment)


def graded(evidence: Evidence, rubric: Rubric, assignment: Assignment) -> Grade:
    return mark(evidence, judge(evidence, rubric, assignment), assignment)


def text(grade: Grade, rubric: Rubric, audience: Audience) -> str:
    return "\n".join(line.text for line in report(grade, rubric, audience))


def small(assignment: Assignment, *criteria: dict[str, Any]) -> Rubric:
    """A rubric over exercises of the real assignment."""
    made = []
    for i, fields in enumerate(criteria):
        check = dict(fields.pop("check"))
        ready = check_class(check.pop("kind")).model_validate(check)
        made.append(
            Criterion(**{"id": f"c{i}", "exercise": "2", "title": f"title {i}", "points": 10,
                         "core": True, "hints": ["look"], **fields, "check": ready})
        )  # fmt: skip
    return Rubric(assignment=assignment.id, criteria=tuple(made))


def worst_scenes() -> list[Evidence]:
    """Everything attempted and wrong, broken, undefined, unreached, unreadable."""
    endings: list[tuple[str, str | None, str]] = [
        ("finished", None, ""),
        ("raised", "NameError", "name 'X' is not defined"),
        ("raised", "ModuleNotFoundError", "No module named 'torchaudio'"),
        ("unreached", None, ""),
    ]
    scenes = []
    for ending, ename, evalue in endings:
        scene = Scene()
        for exercise in range(1, 11):
            scene.cell(str(exercise)).tensor([3, 1])
            scene.ends(ending, ename, evalue)  # type: ignore[arg-type]
        uncertain = [f"guess {i} " * 30 for i in range(9)]
        ended = "kernel_died" if ending == "unreached" else "finished"
        scenes.append(scene.evidence(uncertain=uncertain, ending=ended, why="w " * 300))
    return [*scenes, Scene().evidence()]


def unrun_scenes() -> list[Evidence]:
    """What could not be read, and what our machine could not run."""
    told = "nbformat 3; open it in Jupyter and save it again, which makes it nbformat 4"
    why = "the kernel did not start: " + "x " * 150
    return [
        Scene().evidence(ending="unreadable", why=told),
        Scene().evidence(ending="host_failed", why=why),
    ]


WORST = list(product([*worst_scenes(), *unrun_scenes()], AUDIENCES))


@pytest.mark.parametrize(("evidence", "audience"), WORST)
def test_the_worst_hand_in_fits_into_25_lines(
    evidence: Evidence, audience: Audience, rubric: Rubric, assignment: Assignment
) -> None:
    lines = report(graded(evidence, rubric, assignment), rubric, audience)
    assert len(lines) <= MOST_LINES <= 25
    for line in lines:
        assert "\n" not in line.text
        assert len(line.text) <= 160


def test_every_graded_exercise_has_its_line(rubric: Rubric, assignment: Assignment) -> None:
    for evidence in worst_scenes():
        shown = text(graded(evidence, rubric, assignment), rubric, "student")
        for exercise in assignment.exercise:
            assert (exercise.title in shown) == exercise.graded


def test_the_result_and_the_student_come_first(rubric: Rubric, assignment: Assignment) -> None:
    evidence = Scene().evidence(student="Zoë", assignment=assignment.id)
    first = report(graded(evidence, rubric, assignment), rubric, "student")[0].text
    assert first.startswith("Zoë  00-fundamentals")
    assert first.endswith("0 of 100 points")


def test_what_is_not_final_says_so(rubric: Rubric, assignment: Assignment) -> None:
    unread = Scene().evidence(ending="unreadable", why="the file is empty; ask for it again")
    grade = graded(unread, rubric, assignment)
    for audience in AUDIENCES:
        shown = text(grade, rubric, audience)
        assert "not graded yet" in shown
        assert "the file is empty; ask for it again" in shown


def test_every_verdict_has_a_sign_and_a_style() -> None:
    assert set(SIGNS) == set(STYLES) == set(get_args(ExerciseVerdict))
    assert len(set(SIGNS.values())) == len(SIGNS)


def test_a_loss_is_told_with_what_was_seen_expected_and_where(assignment: Assignment) -> None:
    rubric = small(assignment, {"check": {"kind": "tensor_made", "shape": [7, 7]}})
    scene = Scene().cell(None).cell("2")
    scene.tensor([3, 1])
    shown = text(graded(scene.evidence(), rubric, assignment), rubric, "student")
    for word in ("title 0", "saw", "(3, 1)", "expected", "(7, 7)", "cell 2", "hint for 2: look"):
        assert word in shown


HIDDEN = {"visibility": "hidden", "id": "2.secret", "title": "secret title", "points": 37,
          "hints": ["secret hint"]}  # fmt: skip
SEEN: dict[str, Any] = {"check": {"kind": "tensor_made", "shape": [3, 1]}}
UNSEEN: dict[str, Any] = {"check": {"kind": "tensor_made", "shape": [7, 7]}}


def hidden(check: dict[str, Any]) -> dict[str, Any]:
    return {**HIDDEN, "check": check}


def no_trace(shown: str) -> None:
    for word in ("secret", "37", "47"):
        assert word not in shown


@pytest.mark.parametrize("passes", [True, False])
def test_a_student_sees_no_trace_of_hidden_criteria(assignment: Assignment, passes: bool) -> None:
    check = {"kind": "tensor_made", "shape": [3, 1] if passes else [7, 7]}
    rubric = small(assignment, hidden(check), dict(SEEN))
    scene = Scene().cell("2")
    scene.tensor([3, 1])
    grade = graded(scene.evidence(), rubric, assignment)
    shown = text(grade, rubric, "student")
    no_trace(shown)
    assert "10 of 10 points" in shown
    assert "47" in text(grade, rubric, "instructor")


def test_a_student_is_told_no_verdict_that_only_hidden_criteria_explain(
    assignment: Assignment,
) -> None:
    rubric = small(assignment, hidden({"kind": "tensor_made", "shape": [7, 7]}), dict(SEEN))
    scene = Scene().cell("2")
    scene.tensor([3, 1])
    shown = text(graded(scene.evidence(), rubric, assignment), rubric, "student")
    assert "partly" not in shown


def test_withheld_points_of_hidden_criteria_are_not_told(
    assignment: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    rubric = small(assignment, hidden({"kind": "runs_clean"}), dict(SEEN))
    scene = Scene().cell("2")
    scene.tensor([3, 1])
    monkeypatch.setattr("grader.checks.runs_clean.RunsClean.look", lambda *_: 1 / 0)
    grade = graded(scene.evidence(), rubric, assignment)
    assert grade.withheld == 37
    no_trace(text(grade, rubric, "student"))


def test_withheld_points_without_a_fault_of_ours_are_not_told_either(
    assignment: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    rubric = small(assignment, hidden({"kind": "tensor_made", "shape": [9]}), dict(SEEN))
    monkeypatch.setattr(
        "grader.grade.obstacle",
        lambda *_, **__: Obstacle("unseen", "could not be seen completely"),
    )
    scene = Scene().cell("2")
    scene.tensor([3, 1])
    no_trace(text(graded(scene.evidence(), rubric, assignment), rubric, "student"))


UNREVEALED = [
    ({"kind": "tensor_made", "values": [[0.1234, 0.5678]]}, "0.1234"),
    ({"kind": "seed_set", "value": 4711}, "4711"),
    ({"kind": "seed_set", "value": 4711, "used": True}, "4711"),
    ({"kind": "reduction", "of": "2", "by": "max"}, "0.8765"),
    ({"kind": "device_used"}, "expected GPU"),
]


def near_miss() -> Evidence:
    """Exercise 2 computes 0.8765, and exercise 3 draws other numbers under another seed."""
    scene = Scene().cell("2")
    a = scene.tensor([2], [0.5, 0.6])
    scene.op("matmul", [a, a], [scene.tensor([2], [0.8765, 0.1])])
    scene.cell("3").seed("torch.manual_seed", 1).tensor([2], [0.5, 0.6], random=True, seed=1)
    return scene.evidence()


@pytest.mark.parametrize("reveal", [True, False])
@pytest.mark.parametrize(("check", "secret"), UNREVEALED)
def test_an_expected_value_is_told_to_students_only_where_it_may_be_revealed(
    assignment: Assignment, check: dict[str, Any], secret: str, *, reveal: bool
) -> None:
    rubric = small(assignment, {"reveal": reveal, "check": check, "exercise": "3"})
    grade = graded(near_miss(), rubric, assignment)
    assert grade.marks[0].verdict == "failed"
    assert (secret in text(grade, rubric, "student")) == reveal
    assert secret in text(grade, rubric, "instructor")


def test_why_a_doubt_withholds_is_for_the_instructor(assignment: Assignment) -> None:
    rubric = small(assignment, dict(SEEN))
    scene = Scene().cell("2")
    scene.tensor([3, 1])
    scene.doubts("its code reaches for what grades it")
    grade = graded(scene.evidence(), rubric, assignment)
    assert "reaches for what grades it" in text(grade, rubric, "instructor")
    assert "reaches" not in text(grade, rubric, "student")
    assert "a person will look at this before it counts" in text(grade, rubric, "student")


def test_this_machines_trouble_is_for_the_instructor(assignment: Assignment) -> None:
    rubric = small(assignment, dict(SEEN))
    evidence = Scene().evidence(ending="host_failed", why="no room in /srv/place")
    grade = graded(evidence, rubric, assignment)
    assert "/srv/place" in text(grade, rubric, "instructor")
    assert "/srv/place" not in text(grade, rubric, "student")
    assert "by no fault of yours" in text(grade, rubric, "student")


def test_what_is_waited_for_is_named_by_what_it_asks_for(
    assignment: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = {"check": {"kind": "runs_clean"}, "id": "2.first", "title": "a clean run"}
    rubric = small(assignment, first, {**UNSEEN, "after": ["2.first"]})
    monkeypatch.setattr("grader.checks.runs_clean.RunsClean.look", lambda *_: 1 / 0)
    scene = Scene().cell("2")
    scene.tensor([3, 1])
    for audience in AUDIENCES:
        shown = text(graded(scene.evidence(), rubric, assignment), rubric, audience)
        assert "waits for a clean run, which could not be judged" in shown
        assert "waits for 2.first" not in shown.partition("needs a person")[0]
    secret = rubric.criteria[0].model_copy(update={"visibility": "hidden"})
    rubric = rubric.model_copy(update={"criteria": (secret, rubric.criteria[1])})
    shown = text(graded(scene.evidence(), rubric, assignment), rubric, "student")
    assert "waits for an earlier step of this exercise" in shown
    assert "clean run" not in shown


CONTROL = "\x1b[2J\x07\x9b31m\r\n\t\u202e\u2028\x00"


@pytest.mark.parametrize("audience", AUDIENCES)
def test_control_characters_never_come_through(
    rubric: Rubric, assignment: Assignment, audience: Audience
) -> None:
    scene = Scene().cell("2", CONTROL)
    scene.tensor([3, 1], device=f"cuda{CONTROL}", dtype=CONTROL)
    scene.ends("raised", "NameError", f"name 'X{CONTROL}' is not defined")
    scene.cell("5").seed(f"torch{CONTROL}", 1)
    scene.cell("6").tensor([2, 3], device=CONTROL)
    evidence = scene.evidence(
        student=f"ann{CONTROL}", why=CONTROL, ending="out_of_time", uncertain=[CONTROL]
    )
    for line in report(graded(evidence, rubric, assignment), rubric, audience):
        assert line.text.isprintable()


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.text(max_size=30))
def test_no_text_of_a_student_steers_the_terminal(said: str) -> None:
    assignment = load_assignment(ROOT, "00-fundamentals")
    rubric = small(assignment, {"check": {"kind": "runs_clean"}})
    scene = Scene().cell("2").ends("raised", "Error", said)
    for audience in AUDIENCES:
        for line in report(graded(scene.evidence(student=said), rubric, assignment), rubric,
                           audience):  # fmt: skip
            assert line.text.isprintable()


def rows(*grades: Grade) -> list[list[str]]:
    return list(csv.reader(io.StringIO("".join(grades_csv(Records(grades))))))


def named(grade: Grade, student: str, *reasons: str) -> Grade:
    return grade.model_copy(update={"student": student, "needs_a_person": list(reasons)})


@pytest.fixture
def grade(rubric: Rubric, assignment: Assignment) -> Grade:
    return graded(Scene().evidence(), rubric, assignment)


def test_the_table_has_a_row_a_hand_in_and_a_column_an_exercise(grade: Grade) -> None:
    head, first, second = rows(named(grade, "ann"), named(grade, "bob"))
    assert head[:4] == ["student", "assignment", "file", "final"]
    assert [h for h in head if h.startswith("exercise")] == [f"exercise {i}" for i in range(2, 11)]
    assert (first[0], second[0]) == ("ann", "bob")
    assert first[head.index("exercise 2")] == "missing"
    assert len(head) == len(first) == len(second)


def test_a_grade_that_is_not_final_is_no_number(grade: Grade) -> None:
    unsure = grade.model_copy(update={"final": False, "earned": 12.5, "withheld": 3})
    head, final, open_ = (dict(enumerate(r)) for r in rows(grade, unsure))
    column = {name: i for i, name in head.items()}
    assert (final[column["final"]], final[column["earned"]]) == ("yes", "0")
    assert (open_[column["final"]], open_[column["earned"]]) == ("no", "")
    assert open_[column["earned_so_far"]] == "12.5"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n=", "\uff1d", "\uff0b"])
def test_no_cell_is_a_formula(grade: Grade, start: str) -> None:
    formula = f'{start}cmd|"/c calc"!A1'
    for cells in rows(named(grade, formula, formula))[1:]:
        for cell in (cells[0], cells[-1]):
            assert cell.startswith("'")


def test_commas_quotes_and_breaks_stay_in_their_cell(grade: Grade) -> None:
    odd = 'Müller, "Max"\nMoritz; 1'
    _, row = rows(named(grade, odd, odd, "second"))
    assert row[0] == odd
    assert row[-1] == f"{odd}; second"


def test_who_handed_in_nothing_has_a_row_and_no_points(grade: Grade) -> None:
    absent = [Absent("=zoe", "4711", "00-fundamentals")]
    text = "".join(grades_csv(Records([grade], absent)))
    zoe = list(csv.DictReader(io.StringIO(text)))[-1]
    told = {column: cell for column, cell in zoe.items() if cell}
    assert told == {
        "student": "'=zoe", "assignment": "00-fundamentals", "final": "no", "ending": "no_hand_in",
    }  # fmt: skip


def test_with_a_roster_each_line_has_an_id_and_each_of_a_group_a_line(grade: Grade) -> None:
    ids = {grade.assignment: {"bo": ("7",), "cy + di": ("=8", "9")}}
    grades = [named(grade, student) for student in ("ann", "bo", "cy + di")]
    absent = [Absent("zoe", "4711", grade.assignment)]
    text = "".join(grades_csv(Records(grades, absent, ids=ids)))
    told = list(csv.DictReader(io.StringIO(text)))
    assert [(row["student"], row["id"]) for row in told] == [
        ("ann", ""), ("bo", "7"), ("cy + di", "'=8"), ("cy + di", "9"), ("zoe", "4711"),
    ]  # fmt: skip
    assert [row["earned"] for row in told] == ["0", "0", "0", "0", ""]


def test_an_empty_table_has_its_head() -> None:
    assert rows()[0][0] == "student"


def test_who_handed_in_nothing_stands_last_in_the_table_on_the_screen(grade: Grade) -> None:
    paper = io.StringIO()
    show_table(Console(file=paper, width=100), [Outcome.read(grade)], [Absent("Zoë Lee", "7")])
    assert paper.getvalue().splitlines()[2].split() == ["Zoë", "Lee", "no", "hand-in"]


@pytest.mark.parametrize("width", [60, 80, 100])
def test_a_narrow_table_keeps_names_and_points(grade: Grade, width: int) -> None:
    paper = io.StringIO()
    show_table(
        Console(file=paper, width=width),
        [Outcome.read(named(grade, "Bartholomew Smith", "a reason " * 9))],
    )
    row = paper.getvalue().splitlines()[1]
    assert row.startswith("Bartholomew Smith")
    assert "0 / 100" in row
