"""From evidence to points: fair verdicts, and could-not-tell is neither zero nor a gift."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.assignment import Assignment, Exercise, load_assignment
from grader.check import Check, Example
from grader.evidence import Ending, Evidence
from grader.facts import CellRead
from grader.finding import Finding, Verdict, partly
from grader.grade import ExerciseGrade, Grade, judge, mark
from grader.obstacles import after_the_error
from grader.record import as_json
from grader.rubric import Criterion, Rubric, load_rubric
from grader.scene import Scene

ROOT = Path(__file__).parents[1]
SCHEMA = Path(__file__).with_name("grade.schema.json")
SHARES: dict[str, float] = {"passed": 1.0, "partly": 0.5}


class Says(Check):
    """Says what it is told to."""

    kind: ClassVar[str] = "says"

    verdict: Verdict = "passed"
    only: str | None = None

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        verdict: Verdict = self.verdict if self.only in (None, exercise) else "failed"
        return Finding(verdict=verdict, share=SHARES.get(verdict, 0.0), because="so it is")

    @classmethod
    def examples(cls) -> list[Example]:
        return []


class Breaks(Says):
    """Has a bug."""

    kind: ClassVar[str] = "breaks"

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        raise ZeroDivisionError(f"in exercise {exercise}")


def asks(
    name: str, says: Check | Verdict, *, points: float = 10, core: bool = True, after: str = ""
) -> Criterion:
    """A criterion of the exercise that its name starts with."""
    check = says if isinstance(says, Check) else Says(verdict=says)
    return Criterion(
        id=name, exercise=name.partition(".")[0], title=name, points=points, core=core,
        after=after.split(), check=check, hints=["look"],
    )  # fmt: skip


def graded(evidence: Evidence, *criteria: Criterion) -> Grade:
    ids = {c.exercise for c in criteria} | {f.exercise for f in evidence.facts if f.exercise}
    exercises = [Exercise(id=i, title=f"exercise {i}") for i in sorted(ids)]
    assignment = Assignment(id="a", title="a", exercise=exercises)
    rubric = Rubric(assignment="a", criteria=criteria)
    return mark(evidence, judge(evidence, rubric, assignment), assignment)


def answers(*exercises: str) -> Scene:
    scene = Scene()
    for exercise in exercises:
        scene.cell(exercise, f"answer = {exercise}").ends("finished")
    return scene


def verdict(*criteria: Criterion, scene: Scene | None = None) -> str:
    return graded((scene or answers("1")).evidence(), *criteria).exercises[0].verdict


def one(grade: Grade, exercise: str) -> ExerciseGrade:
    return next(e for e in grade.exercises if e.id == exercise)


def points(grade: Grade) -> tuple[float, float, float, bool]:
    return grade.earned, grade.withheld, grade.possible, grade.final


@pytest.mark.parametrize(
    ("cores", "extra", "expected"),
    [
        (["passed"], "passed", "correct"),
        (["passed"], "failed", "partly"),
        (["passed"], "partly", "partly"),
        (["passed", "failed"], "passed", "partly"),
        (["partly"], "passed", "partly"),
        (["partly"], "failed", "partly"),
        (["failed"], "passed", "wrong"),
        (["failed", "failed"], "failed", "wrong"),
        (["no_evidence"], "passed", "unknown"),
        (["no_evidence"], "failed", "unknown"),
        (["passed"], "no_evidence", "unknown"),
        (["passed", "no_evidence"], "passed", "unknown"),
        (["failed", "no_evidence"], "passed", "unknown"),
        (["passed", "no_evidence"], "failed", "partly"),
        (["partly"], "no_evidence", "partly"),
        (["failed"], "no_evidence", "wrong"),
        (["failed", "failed"], "broken", "wrong"),
        (["no_evidence"], "no_evidence", "unknown"),
    ],
)
def test_an_exercise_is_what_its_criteria_make_it(
    cores: list[Verdict], extra: Verdict, expected: str
) -> None:
    criteria = [asks(f"1.{i}", v) for i, v in enumerate(cores)]
    assert verdict(*criteria, asks("1.extra", extra, core=False, points=5)) == expected


def test_points_are_shares_of_the_criteria() -> None:
    grade = graded(
        answers("1", "2").evidence(), asks("1.a", "passed"), asks("1.b", "partly", points=5),
        asks("2.a", "failed", points=7),
    )  # fmt: skip
    assert points(grade) == (12.5, 0, 22, True)
    assert [m.earned for m in grade.marks] == [10, 2.5, 0]
    assert one(grade, "2").possible == 7


def test_an_exercise_with_nothing_of_its_own_is_missing_and_costs_its_points() -> None:
    blank = Scene().cell("2", "# given", written=False).evidence()
    grade = graded(blank, asks("2.a", "passed"))
    assert one(grade, "2").verdict == "missing"
    assert grade.marks[0].verdict == "not_attempted"
    assert points(grade) == (0, 0, 10, True)


def test_what_rests_on_a_failed_criterion_is_blocked() -> None:
    grade = graded(
        answers("1").evidence(), asks("1.a", "failed"), asks("1.b", "failed", after="1.a")
    )
    assert [m.verdict for m in grade.marks] == ["failed", "blocked"]
    assert "1.a" in grade.marks[1].because
    assert one(grade, "1").verdict == "wrong"
    assert points(grade) == (0, 0, 20, True)


@pytest.mark.parametrize("first", ["passed", "partly"])
def test_a_prerequisite_that_earned_a_share_blocks_nothing(first: Verdict) -> None:
    grade = graded(answers("1").evidence(), asks("1.a", first), asks("1.b", "failed", after="1.a"))
    assert grade.marks[1].verdict == "failed"


def test_what_passes_by_itself_is_not_blocked() -> None:
    grade = graded(
        answers("1").evidence(), asks("1.a", "failed"), asks("1.b", "passed", after="1.a")
    )
    assert grade.marks[1].verdict == "passed"


def test_an_exercise_that_only_waited_for_another_is_blocked_and_not_wrong() -> None:
    grade = graded(
        answers("1", "2").evidence(), asks("1.a", "failed"), asks("2.a", "failed", after="1.a")
    )
    assert one(grade, "2").verdict == "blocked"


def test_what_rests_on_a_withheld_criterion_is_withheld_too() -> None:
    grade = graded(
        answers("1").evidence(), asks("1.a", Breaks()), asks("1.b", "failed", after="1.a")
    )
    assert points(grade) == (0, 20, 20, False)


def test_a_bug_in_a_check_costs_nobody_a_point_and_goes_to_a_person() -> None:
    grade = graded(answers("1").evidence(), asks("1.a", Breaks()), asks("1.b", "passed"))
    broken = grade.marks[0]
    assert broken.verdict == "broken"
    assert "not your fault" in broken.because
    assert "ZeroDivisionError: in exercise 1" in broken.actual
    assert points(grade) == (10, 10, 20, False)
    assert any("1.a" in r for r in grade.needs_a_person)
    assert one(grade, "1").verdict == "unknown"


def test_a_bug_in_a_check_leaves_other_exercises_alone() -> None:
    grade = graded(answers("1", "2").evidence(), asks("1.a", Breaks()), asks("2.a", "passed"))
    assert one(grade, "2").verdict == "correct"


def without_module() -> Scene:
    scene = Scene().cell("1", "import torchaudio.io as aio\nwave = aio.load()")
    return scene.ends("raised", "ModuleNotFoundError", "No module named 'torchaudio.io'")


def test_a_module_that_this_machine_lacks_costs_nobody_a_point() -> None:
    grade = graded(without_module().evidence(), asks("1.a", "failed"), asks("1.b", "passed"))
    assert [m.verdict for m in grade.marks] == ["no_evidence", "passed"]
    assert "torchaudio.io" in grade.marks[0].because
    assert points(grade) == (10, 10, 20, False)
    assert any("torchaudio.io" in r for r in grade.needs_a_person)


@pytest.mark.parametrize("name", ["aio", "wave"])
def test_names_lost_with_a_module_cost_nobody_a_point_either(name: str) -> None:
    scene = without_module().cell("2", f"{name}.play()")
    scene.ends("raised", "NameError", f"name '{name}' is not defined")
    grade = graded(scene.evidence(), asks("1.a", "failed"), asks("2.a", "failed"))
    assert one(grade, "2").verdict == "unknown"
    assert one(grade, "2").withheld == 10


def test_a_name_that_a_clean_run_does_not_define_blocks_and_goes_to_a_person() -> None:
    scene = Scene().cell("1", "X @ Y").ends("raised", "NameError", "name 'X' is not defined")
    grade = graded(scene.evidence(), asks("1.a", "failed"), asks("1.b", "failed", core=False))
    assert one(grade, "1").verdict == "blocked"
    assert {m.verdict for m in grade.marks} == {"blocked"}
    assert all("'X'" in m.because for m in grade.marks)
    assert points(grade) == (0, 0, 20, True)
    assert any("'X'" in r for r in grade.needs_a_person)


def test_an_undefined_name_beside_a_right_answer_bothers_nobody() -> None:
    scene = Scene().cell("1", "X").ends("raised", "NameError", "name 'X' is not defined")
    grade = graded(scene.evidence(), asks("1.a", "passed"))
    assert one(grade, "1").verdict == "correct"
    assert grade.needs_a_person == []


def test_another_error_is_judged_like_any_answer() -> None:
    scene = Scene().cell("1", "X @ Y").ends("raised", "RuntimeError", "name 'X' is not defined")
    grade = graded(scene.evidence(), asks("1.a", "failed"))
    assert one(grade, "1").verdict == "wrong"
    assert grade.needs_a_person == []


def unreached(ending: Ending) -> Evidence:
    scene = answers("1").cell("2", "x = 1").ends("unreached")
    return scene.evidence(ending=ending, why="cell 1 ended the kernel")


@pytest.mark.parametrize("ending", ["kernel_died", "out_of_time", "out_of_memory", "output_flood"])
def test_cells_that_were_not_reached_are_blocked_and_not_final(ending: Ending) -> None:
    grade = graded(unreached(ending), asks("1.a", "passed"), asks("2.a", "failed"))
    assert one(grade, "1").verdict == "correct"
    assert one(grade, "2").verdict == "blocked"
    assert "cell 1 ended the kernel" in grade.marks[1].because
    assert points(grade) == (10, 0, 20, False)
    assert grade.needs_a_person == ["cell 1 ended the kernel"]
    assert grade.ending == ending


def test_an_unreached_cell_that_holds_no_answer_blocks_nothing() -> None:
    scene = answers("1").cell("1", "# given", written=False).ends("unreached")
    evidence = scene.evidence(ending="kernel_died", why="cell 1 ended the kernel")
    grade = graded(evidence, asks("1.a", "passed"))
    assert grade.final


def test_two_exercises_answered_in_one_cell_go_to_a_person() -> None:
    scene = answers("1").cell("2", "", written=False).ends("finished")
    grade = graded(scene.evidence(), asks("1.a", "passed"), asks("2.a", Says(only="1")))
    assert one(grade, "2").verdict == "unknown"
    assert points(grade) == (10, 10, 20, False)
    assert any("exercise 1 seems to answer" in r for r in grade.needs_a_person)


def test_an_exercise_without_a_heading_may_lie_under_another_one() -> None:
    criteria = [asks("1.a", "passed"), asks("2.a", Says(only="1")), asks("2.b", Says(only="2"))]
    scene = answers("1")
    told = graded(scene.evidence(unheaded=["2"]), *criteria)
    assert one(told, "2").verdict == "unknown"
    assert one(graded(scene.evidence(), *criteria), "2").verdict == "missing"


def test_an_empty_exercise_that_the_one_before_does_not_answer_is_missing() -> None:
    scene = answers("1").cell("2", "", written=False).ends("finished")
    grade = graded(scene.evidence(), asks("1.a", "passed"), asks("2.a", Says(only="2")))
    assert one(grade, "2").verdict == "missing"
    assert grade.final


def test_a_repeated_exercise_left_empty_is_missing_although_the_one_before_is_alike() -> None:
    assignment = load_assignment(ROOT, "00-fundamentals")
    scene = Scene()
    scene.cell("3", "x = torch.rand(7, 7); y = torch.rand(1, 7); z = x @ y.T")
    x = scene.tensor([7, 7], [float(i == j) for i in range(7) for j in range(7)], random=True)
    y = scene.tensor([1, 7], random=True)
    numbers = [round((2 * 0.37 + i * 0.754877666) % 1.0, 6) for i in range(7)]
    scene.op("matmul", [x, y], [scene.tensor([7, 1], numbers)]).ends("finished")
    scene.cell("4", "", written=False).ends("finished")
    evidence = scene.evidence(assignment=assignment.id)
    grade = mark(evidence, judge(evidence, load_rubric(ROOT, assignment), assignment), assignment)
    assert one(grade, "3").verdict == "correct"
    assert one(grade, "4").verdict == "missing"


@pytest.mark.parametrize("ending", ["unreadable", "host_failed"])
def test_what_did_not_run_is_unknown_and_all_its_points_are_withheld(ending: Ending) -> None:
    evidence = Scene().evidence(ending=ending, why="the file is empty")
    grade = graded(evidence, asks("1.a", "passed"), asks("2.a", Breaks()))
    assert points(grade) == (0, 20, 20, False)
    assert {e.verdict for e in grade.exercises} == {"unknown"}
    assert all("the file is empty" in m.because for m in grade.marks)
    assert "the file is empty" in grade.needs_a_person


def test_what_reading_had_to_guess_goes_to_a_person() -> None:
    evidence = answers("1").evidence(uncertain=["no heading was found for exercise 5"])
    grade = graded(evidence, asks("1.a", "passed"))
    assert grade.needs_a_person == ["no heading was found for exercise 5"]
    assert grade.final


def test_a_reason_is_told_once() -> None:
    grade = graded(without_module().evidence(), asks("1.a", "failed"), asks("1.b", "failed"))
    assert len(grade.needs_a_person) == 1


def test_marks_point_at_cells_as_people_count_them() -> None:
    grade = graded(answers("1", "2").evidence(), asks("1.a", "failed"), asks("2.a", "passed"))
    assert [m.cells for m in grade.marks] == [[1], [2]]


def test_numbers_have_four_significant_digits() -> None:
    thirds = [asks(f"1.{i}", "partly", points=p) for i, p in enumerate((2 / 3, 1e-7 / 3, 200 / 3))]
    data = json.loads(as_json(graded(answers("1").evidence(), *thirds)))
    assert [m["possible"] for m in data["marks"]] == [0.6667, 3.333e-08, 66.67]
    assert data["earned"] == 33.67
    assert data["exercises"][0]["earned"] == 33.67


VERDICTS = st.sampled_from(["passed", "partly", "failed", "no_evidence", "broken"])


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.lists(st.tuples(VERDICTS, st.booleans(), st.integers(1, 9)), min_size=1, max_size=5),
       st.sampled_from(["finished", "unreadable", "host_failed", "kernel_died"]))  # fmt: skip
def test_points_always_add_up(drawn: list[tuple[Verdict, bool, int]], ending: Ending) -> None:
    criteria = [
        asks(f"{i % 2}.{i}", v, core=core, points=p) for i, (v, core, p) in enumerate(drawn)
    ]
    evidence = answers("0", "1").evidence(ending=ending, why="it ended")
    grade = graded(evidence, *criteria)
    assert grade.possible == sum(c.points for c in criteria)
    assert 0 <= grade.earned <= grade.possible - grade.withheld
    assert grade.final == (grade.withheld == 0)
    assert grade.final or grade.needs_a_person
    for exercise in grade.exercises:
        assert exercise.verdict != "correct" or exercise.earned == exercise.possible
        assert exercise.withheld == 0 or exercise.verdict != "correct"
    assert as_json(grade) == as_json(graded(evidence, *criteria))


def test_the_json_schema_of_a_grade_is_the_committed_one() -> None:
    again = 'PYTHONPATH=tests python -c "import test_grade; test_grade.write_schema()"'
    committed = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert committed == generated_schema(), f"if the change is meant: {again}"


def generated_schema() -> Mapping[str, object]:
    return Grade.model_json_schema(by_alias=True, mode="serialization")


def write_schema() -> None:
    SCHEMA.write_text(json.dumps(generated_schema(), indent=1) + "\n", encoding="utf-8")


def test_the_error_that_stopped_an_exercise_comes_first() -> None:
    scene = Scene().cell("2", "torch.rand(9) @ 3").ends("raised", "TypeError", "no such product")
    [lost] = graded(scene.evidence(), asks("2.product", "failed")).marks
    assert lost.verdict == "failed"
    assert lost.because == "cell 1 stopped with TypeError: no such product; so it is"
    [met] = graded(scene.evidence(), asks("2.product", "passed")).marks
    assert met.because == "so it is"


@pytest.mark.parametrize(("cell", "told"), [(1, True), (0, False)])
def test_an_error_comes_before_what_its_own_cell_did_in_part(cell: int, told: bool) -> None:
    scene = Scene().cell("4", "x = 1").cell("4", "draw(x, y)")
    evidence = scene.ends("raised", "ValueError", "not the same size").evidence()
    [seen] = [f.seq for f in evidence.of("4", CellRead) if f.cell == cell]
    found = after_the_error(evidence, "4", partly(0.5, "so it is", where=(seen,)))
    assert found.because.endswith("so it is")
    assert found.because.startswith("cell 2 stopped with ValueError: not the same size") is told
