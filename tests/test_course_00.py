"""Chapter 00 from end to end: starter, solution and the sample hand-ins, each in a real kernel."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from documentation import TEXT
from rich.console import Console

from grader.assignment import load_assignment
from grader.batch.work import Outcome
from grader.cli.screen import show_table
from grader.grade import Grade
from grader.grading import Batch, Graded, grade_file
from grader.intake import take_in
from grader.record import GRADE
from grader.reports.terminal import report
from grader.rubric import load_rubric
from grader.sandboxes.sandbox import Sandbox
from grader.students import name_students

pytestmark = pytest.mark.kernel

COURSE = Path(__file__).parents[1]
ASSIGNMENT = load_assignment(COURSE, "00-fundamentals")
RUBRIC = load_rubric(COURSE, ASSIGNMENT)
FOLDER = COURSE / "assignments" / ASSIGNMENT.id
SAMPLES = COURSE / "submissions" / ASSIGNMENT.id
POSSIBLE = 100

# What the author of each sample meant to get wrong; every other exercise is correct.
NOT_CORRECT = {
    "amara": {},
    "bo": {"4": "partly", "5": "partly", "10": "partly"},
    "chen": {"7": "partly", "8": "wrong", "10": "partly"},
    "dana": {},
    "eli": {
        "4": "partly", "5": "partly", "7": "blocked",
        "8": "missing", "9": "missing", "10": "missing",
    },
}  # fmt: skip
EARNED = {"amara": 100, "bo": 89, "chen": 83.5, "dana": 100, "eli": 49}


def verdicts(grade: Grade) -> dict[str, str]:
    return {e.id: e.verdict for e in grade.exercises}


def grade_sample(student: str, batch: Batch) -> Graded:
    return grade_file(SAMPLES / student / "00_fundamentals_exercises.ipynb", student, batch)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory, fence: Sandbox) -> dict[str, Graded]:
    batch = Batch(ASSIGNMENT, RUBRIC, tmp_path_factory.mktemp("samples"), fence)
    return {student: grade_sample(student, batch) for student in NOT_CORRECT}


def test_the_untouched_starter_is_missing_everywhere(tmp_path: Path, fence: Sandbox) -> None:
    batch = Batch(ASSIGNMENT, RUBRIC, tmp_path, fence)
    grade = grade_file(FOLDER / "starter.ipynb", "s", batch).grade
    assert set(verdicts(grade).values()) == {"missing"}
    assert (grade.earned, grade.possible, grade.final) == (0, POSSIBLE, True)
    assert grade.needs_a_person == []


@pytest.mark.parametrize("salt", range(5))
def test_the_solution_is_correct_wherever_the_generators_start(
    salt: int, tmp_path: Path, fence: Sandbox
) -> None:
    batch = Batch(ASSIGNMENT, RUBRIC, tmp_path, fence, salt)
    grade = grade_file(FOLDER / "solution.ipynb", "s", batch).grade
    assert set(verdicts(grade).values()) == {"correct"}
    assert (grade.earned, grade.withheld, grade.final) == (POSSIBLE, 0, True)
    assert grade.needs_a_person == []


def test_every_sample_is_known() -> None:
    files = [found.path for found in take_in([SAMPLES], ASSIGNMENT).hand_ins]
    assert sorted(name_students(files, ASSIGNMENT)) == sorted(NOT_CORRECT)


@pytest.mark.parametrize("student", sorted(NOT_CORRECT))
def test_a_sample_gets_the_verdicts_it_was_written_for(
    student: str, samples: dict[str, Graded]
) -> None:
    grade = samples[student].grade
    wanted = {e.id: "correct" for e in ASSIGNMENT.exercise if e.graded} | NOT_CORRECT[student]
    assert verdicts(grade) == wanted
    assert (grade.earned, grade.withheld, grade.final) == (EARNED[student], 0, True)


def test_a_name_that_a_clean_run_does_not_define_goes_to_a_person(
    samples: dict[str, Graded],
) -> None:
    assert len(samples["eli"].grade.needs_a_person) == 1
    assert "gpu_tensor_1" in samples["eli"].grade.needs_a_person[0]
    assert not any(samples[s].grade.needs_a_person for s in NOT_CORRECT if s != "eli")


def test_two_runs_give_the_same_bytes(
    samples: dict[str, Graded], tmp_path: Path, fence: Sandbox
) -> None:
    again = grade_sample("eli", Batch(ASSIGNMENT, RUBRIC, tmp_path, fence))
    assert (again.folder / GRADE).read_bytes() == (samples["eli"].folder / GRADE).read_bytes()


def readme() -> str:
    return TEXT


def test_the_report_in_the_readme_is_what_the_program_prints(samples: dict[str, Graded]) -> None:
    lines = report(samples["bo"].grade, RUBRIC, "instructor")
    assert "\n".join(line.text for line in lines) in readme()


def test_the_table_in_the_readme_is_what_the_program_prints(samples: dict[str, Graded]) -> None:
    paper = io.StringIO()
    show_table(Console(file=paper, width=120), [Outcome.of(s) for s in samples.values()])
    lines = [line.rstrip() for line in paper.getvalue().splitlines()]
    assert "\n".join(lines) in readme()
