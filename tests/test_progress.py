"""How far somebody is: both faces, at every width, and the commands that show it."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from documentation import TEXT
from hypothesis import given
from hypothesis import strategies as st

from grader import learner
from grader.assignment import load_assignment
from grader.chapters import read_chapter, read_chapters
from grader.cli.main import cli
from grader.course import known_assignments
from grader.errors import EXIT_USAGE, AuthorError
from grader.rubric import load_rubric
from grader.tutor.choosing import choose
from grader.tutor.events import Event
from grader.tutor.progress import EMPTY, bar, markdown, plain, progress
from grader.tutor.syllabus import Chapter, chapter
from grader.tutor.upcoming import next_lines

ROOT = Path(__file__).parents[1]
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
COURSE = read_chapters(ROOT)


def event(kind: Any, exercise: str, name: str = "01-workflow", **rest: Any) -> Event:  # noqa: ANN401
    return Event("ab", START, name, kind, exercise=exercise, **rest)


LOG = [
    event("check", "1", outcome="correct", passed=("tensor-ops", "data-split", "plotting"),
          code="a"),
    event("check", "2", outcome="wrong", failed=("nn-module",), code="a"),
    event("check", "2", outcome="correct", passed=("nn-module",), code="b"),
    event("hint", "3", level=1),
    event("check", "3", outcome="partly", passed=("loss-choice",), failed=("loop-order",),
          code="a"),
    event("check", "3", outcome="missing"),
    event("check", "2", "00-fundamentals", outcome="correct", passed=("tensor-ops",), code="a"),
]  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A learner's folder, empty."""
    monkeypatch.setenv(learner.HOME, str(tmp_path / "home"))
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("COLUMNS", raising=False)
    return tmp_path / "home"


def run(*words: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(cli, list(words), input=typed)


@pytest.mark.parametrize("name", known_assignments(ROOT))
def test_a_chapter_read_from_its_files_is_the_one_that_is_loaded(name: str) -> None:
    assignment = load_assignment(ROOT, name)
    criteria = load_rubric(ROOT, assignment).as_data()["criteria"]
    assert chapter(assignment.model_dump(), criteria) == read_chapter(ROOT, name)
    assert read_chapter(ROOT, name).tasks


@pytest.mark.parametrize("text", ["", "criterion = 3", "[[criterion]]\nid = 3", "[[criterion"])
def test_a_rubric_that_cannot_be_read_is_told(tmp_path: Path, text: str) -> None:
    for folder in ("assignments/hw", "rubrics"):
        (tmp_path / folder).mkdir(parents=True)
    made = '[[exercise]]\nid = "1"\ntitle = "One"\n'
    (tmp_path / "assignments/hw/assignment.toml").write_text(f'id = "hw"\ntitle = "HW"\n{made}')
    (tmp_path / "rubrics/hw.toml").write_text(text)
    with pytest.raises(AuthorError, match=r"hw: cannot be read: .*`grader prove hw` says more"):
        read_chapters(tmp_path)


def test_exercises_are_told_with_what_came_of_them() -> None:
    text = "\n".join(line.text for line in plain(progress(COURSE, LOG, START)))
    assert "01-workflow  PyTorch workflow: 2 of 5 exercises solved" in text
    assert " ✓ 1  Data on a straight line           right at the first check" in text
    assert " ✓ 2  A model with a weight and a bias  right at check 2" in text
    assert " ◐ 3  Train it, and test it on the way  1 check so far" in text
    assert "\n - 4  Predict the test data\n" in text
    assert "02-classification  PyTorch classification: not begun, 7 exercises" in text


def test_a_bar_never_stands_without_its_counts() -> None:
    told = progress(COURSE, LOG, START)
    lines = [line.text for line in plain(told)]
    for one in told.known:
        [line] = [text for text in lines if bar(one.p) in text and one.counts in text
                  and one.band in text][:1]  # fmt: skip
        assert line
    drawn = [text for text in lines if "█" in text or "····" in text]
    assert len(drawn) == len(told.known) == 6
    assert all(" of " in text and "first tries" in text for text in drawn)
    shown = [row for row in markdown(told).splitlines() if "█" in row or "····" in row]
    assert len(shown) == 6
    assert all("first tries |" in row for row in shown)


def test_the_readme_shows_what_the_program_prints() -> None:
    shown = plain(progress(COURSE, LOG, START, only="01-workflow"))
    chosen = next_lines(choose([read_chapter(ROOT, "01-workflow")], LOG, START))
    for lines in (shown, chosen):
        text = "\n".join(line.text for line in lines)
        assert f"```\n{text}\n```" in TEXT


def test_one_chapter_shows_what_is_practised_in_it_from_everywhere() -> None:
    told = progress(COURSE, LOG, START, only="01-workflow")
    assert [part.chapter.id for part in told.parts] == ["01-workflow"]
    assert next(k for k in told.known if k.component == "tensor-ops").counts == "2 of 2 first tries"
    other = progress(COURSE, LOG, START, only="00-fundamentals")
    assert [k.component for k in other.known] == ["tensor-ops"]
    assert "save-load" not in other.untried


def test_nothing_is_known_of_somebody_new() -> None:
    told = progress(COURSE, [], START)
    assert [line.text for line in plain(told)] == [EMPTY]
    assert "grader check NOTEBOOK" in markdown(told)


def test_a_course_that_is_not_at_hand_keeps_nobody_from_seeing_what_is_known() -> None:
    told = progress([], LOG, START)
    assert told.parts == ()
    assert len(told.known) == 6
    assert "2 of 2 first tries" in "\n".join(line.text for line in plain(told))


def test_markdown_shows_titles_as_text() -> None:
    made: Chapter = chapter(
        {"id": "01-workflow", "title": "<b>*|x|*", "exercise": [{"id": "1", "title": "a|b<i>"}]},
        [{"id": "1.a", "exercise": "1", "component": "seed", "check": {}}],
    )
    text = markdown(progress([made], LOG, START))
    assert "<b>" not in text
    assert "<i>" not in text
    rows = [line for line in text.splitlines() if line.startswith("| ✓")]
    assert [row.replace("\\|", "").count("|") for row in rows] == [5]


@given(st.integers(20, 120), st.text(max_size=80), st.text(max_size=12))
def test_no_line_is_wider_than_the_terminal_or_steers_it(
    width: int, title: str, exercise: str
) -> None:
    made = chapter(
        {"id": "01-workflow", "title": "T", "exercise": [{"id": exercise, "title": title}]},
        [{"id": "x", "exercise": exercise, "component": "seed", "check": {}}],
    )
    log = [*LOG, event("check", exercise, outcome="wrong", failed=("seed",), code="q")]
    for line in plain(progress([made], log, START), width):
        assert len(line.text) <= width
        assert line.text.isprintable()


@pytest.mark.parametrize(("p", "drawn"), [(0.0, "·" * 10), (1.0, "█" * 10), (0.5, "█████·····"),
                                          (0.26, "██▋·······"), (0.997, "█" * 10)])  # fmt: skip
def test_a_bar_is_ten_wide(p: float, drawn: str) -> None:
    assert bar(p) == drawn


def test_next_and_progress_say_what_was_remembered(home: Path) -> None:
    assert "00-fundamentals 2  A random 7 by 7 tensor" in run("next").output
    assert run("progress").output.strip() == EMPTY
    for one in LOG:
        learner.remember(one)
    assert run("next", "01-workflow").output.startswith("01-workflow 3  Train it, and test it")
    shown = run("progress", "01-workflow").output
    assert "2 of 5 exercises solved" in shown
    assert "\x1b" not in shown
    assert "00-fundamentals" not in shown


def test_outside_a_course_what_is_known_is_shown_all_the_same(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("progress").exit_code == EXIT_USAGE
    learner.remember(LOG[0])
    told = run("progress")
    assert "Tensors and their operations" in told.output
    assert "exercises solved" not in told.output
    assert run("progress", "01-workflow").exit_code == EXIT_USAGE


def test_time_passes_between_a_check_and_progress(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in ("2", "8", "9"):
        learner.remember(event("check", number, "00-fundamentals", outcome="correct",
                               passed=("tensor-ops",), code="a"))  # fmt: skip
    monkeypatch.setattr(learner, "now", lambda: START)
    assert "mastered   3 of 3 first tries" in run("progress").output
    monkeypatch.setattr(learner, "now", lambda: START + timedelta(days=60))
    assert "due again  3 of 3 first tries" in run("progress").output


@pytest.mark.parametrize("command", ["next", "progress"])
def test_an_assignment_that_is_not_there_is_told_with_the_nearest(home: Path, command: str) -> None:
    told = run(command, "01-workflw")
    assert told.exit_code == EXIT_USAGE
    assert "did you mean '01-workflow'?" in told.output


@pytest.mark.parametrize("command", ["next", "progress"])
def test_an_answer_takes_no_library_that_takes_time_to_import(home: Path, command: str) -> None:
    learner.remember(LOG[0])
    code = (
        "import sys\nfrom grader.cli.main import cli\n"
        f"cli(['{command}'], standalone_mode=False)\n"
        "slow = {'pydantic', 'rich', 'nbformat', 'platformdirs', 'grader.rubric', 'shutil'}\n"
        "print(sorted(slow & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stderr.strip() == "[]"
    assert done.stdout


def test_forget_asks_and_then_leaves_nothing(home: Path) -> None:
    assert "nothing is remembered" in run("forget").output
    learner.remember(LOG[0])
    learner.learner_id()
    (learner.checks_folder() / "one").mkdir(parents=True)
    assert "nothing was deleted" in run("forget", typed="n\n").output
    nobody = run("forget", typed="")
    assert nobody.exit_code == EXIT_USAGE
    assert "--yes does not ask" in nobody.output
    assert learner.remembered() == [LOG[0]]
    assert run("forget", typed="y\n").exit_code == 0
    assert not home.exists()


def test_forget_leaves_what_is_not_ours(home: Path) -> None:
    learner.remember(LOG[0])
    (home / "mine.txt").write_text("kept")
    assert str(home) in run("forget", "--yes").output
    assert [path.name for path in home.iterdir()] == ["mine.txt"]
    assert learner.remembered() == []
