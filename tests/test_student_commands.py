"""What students type, check, hint, explain, solution, and what is released for them."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import nbformat
import pytest
from documentation import TEXT
from program import Run, program
from rich.console import Console

from grader.assignment import load_assignment
from grader.batch.lock import holding
from grader.cli import check as check_command
from grader.course import known_assignments
from grader.learner import EVENTS, HOME, checks_folder, remember, remembered
from grader.notebook import parse_cell
from grader.practising import assignment_of
from grader.rubric import load_rubric
from grader.scene import Scene
from grader.tutor.events import Event, event_of
from grader.tutor.explain import UNKNOWN, of_run, of_text, words
from grader.tutor.practice import event, practise

ROOT = Path(__file__).parents[1]
ID = "00-fundamentals"
BO = ROOT / "submissions" / ID / "bo" / "00_fundamentals_exercises.ipynb"
ELI = ROOT / "submissions" / ID / "eli" / "00_fundamentals_exercises.ipynb"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """The program in the course folder, for a learner of whom nothing is known."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv(HOME, str(tmp_path / "home"))
    return program(monkeypatch, capsys)


def failed(
    code: str, *, lost: str = "5.value", outcome: str = "partly", faults: Sequence[str] = ()
) -> Event:
    """A check of exercise 5 that found something."""
    told = {"learner": "ab", "at": "2026-03-01T12:00:00+00:00", "assignment": ID, "version": 1,
            "kind": "check", "exercise": "5", "outcome": outcome, "criteria": [lost],
            "code": code, "faults": list(faults)}  # fmt: skip
    return event_of(told)


@pytest.mark.kernel
def test_a_check_tells_each_exercise_and_the_first_open_one_in_full(run: Run) -> None:
    said = run("check", BO)
    assert said.code == 0, said.err
    lines = said.out.splitlines()
    assert " ✓ 2  A random 7 by 7 tensor: correct, 1 check passed" in lines
    assert lines.count(" ◐ 4  Repeat both under seed 0: 3 of 4 checks passed") == 2
    assert lines[-2] == f"   next      grader hint {ID} 4"
    assert {e.exercise for e in remembered()} == set("23456789") | {"10"}


@pytest.mark.kernel
def test_what_has_not_changed_is_answered_without_running(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run("check", BO, "-e", "5")
    assert "42 → expected 1234 (cell 11)" in first.out
    monkeypatch.setattr("grader.practising.check", lambda *_: pytest.fail("it ran again"))
    again = run("check", BO, "-e", "5")
    assert again.out == first.out
    fives = [e for e in remembered() if e.exercise == "5"]
    assert len(fives) == 2, "what was asked about counts each time"
    assert len([e for e in remembered() if e.exercise == "4"]) == 1, "what came along does not"


@pytest.mark.kernel
def test_the_readme_shows_what_a_check_says(run: Run) -> None:
    line = f"grader check submissions/{ID}/bo/{BO.name} -e 5"
    shown = TEXT.split(f"{line}\n```\n\n```\n")[1].split("```")[0]
    assert run(*line.split()[1:]).out == shown


@pytest.mark.parametrize("command", ["check", "explain"])
def test_a_file_that_is_no_notebook_is_told_as_such(run: Run, tmp_path: Path, command: str) -> None:
    bad = tmp_path / "bad.ipynb"
    bad.write_text("{", encoding="utf-8")
    said = run(command, bad)
    assert said.code == 2
    assert "bad.ipynb cannot be read: not JSON" in said.err
    assert "--assignment" not in said.err


@pytest.mark.kernel
def test_each_save_is_checked_anew(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.ipynb"
    mine.write_bytes(BO.read_bytes())

    def saves(path: Path) -> Iterator[bool]:
        yield False
        path.write_text(BO.read_text(encoding="utf-8").replace("seed(42)", "seed(1234)"), "utf-8")
        yield True

    monkeypatch.setattr(check_command, "saves", saves)
    said = run("check", mine, "-e", "5", "--watch")
    assert "1 of 2 checks passed" in said.out
    assert "correct, 2 checks passed" in said.out
    first, second = [e for e in remembered() if e.exercise == "5"]
    assert first.code != second.code
    assert len(list((checks_folder() / ID).iterdir())) == 1


@pytest.mark.kernel
def test_a_check_waits_for_another_one_and_goes_on(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as other:
        other.enter_context(holding(checks_folder(), "grader check theirs.ipynb"))
        tell = check_command.waiting

        def ends(news: Console, who: str) -> None:
            tell(news, who)
            other.close()

        monkeypatch.setattr(check_command, "waiting", ends)
        said = run("check", BO, "-e", "5")
    assert said.code == 0, said.err
    assert "waiting for `grader check theirs.ipynb` (process" in said.err
    assert "expected 1234" in said.out


def test_a_student_is_told_no_option_that_the_command_lacks(run: Run) -> None:
    home = checks_folder()
    home.parent.mkdir(parents=True)
    home.write_text("no folder")
    said = run("check", BO)
    assert said.code == 4
    assert f"{home}: cannot be written" in said.err
    assert "GRADER_HOME names another folder" in said.err
    assert "--out" not in said.err


@pytest.mark.parametrize("name", known_assignments(ROOT))
def test_an_assignment_is_told_by_its_headings(name: str) -> None:
    folder = ROOT / "assignments" / name
    for file in ("starter.ipynb", "solution.ipynb"):
        assert assignment_of(ROOT, folder / file) == name


def test_bare_numbers_tell_no_assignment(tmp_path: Path, run: Run) -> None:
    cells = [nbformat.v4.new_markdown_cell(f"## {n}") for n in range(1, 12)]
    code = [nbformat.v4.new_code_cell(f"x = {n}") for n in range(1, 12)]
    both = [c for pair in zip(cells, code, strict=True) for c in pair]
    nbformat.write(nbformat.v4.new_notebook(cells=both), tmp_path / "mine.ipynb")
    said = run("check", tmp_path / "mine.ipynb")
    assert said.code == 2
    assert "which assignment is mine.ipynb? Say so with --assignment ID" in said.err


def test_a_save_is_seen_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.ipynb"
    path.write_text("a")
    waits: Iterator[Callable[[], object]] = iter(
        [lambda: path.write_text("longer"), path.unlink, lambda: path.write_text("b")]
    )

    def act(left: Iterator[Callable[[], object]]) -> None:
        next(left)()

    monkeypatch.setattr("time.sleep", lambda _: act(waits))
    seen = check_command.saves(path)
    assert [next(seen) for _ in range(3)] == [False, True, True]


@pytest.mark.kernel
def test_without_a_fence_ones_own_notebook_runs_bare(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from grader.sandboxes import facilities

    none = facilities.Facility("namespaces", False, "not permitted", "")
    monkeypatch.setattr(facilities, "facilities", lambda: [none])
    said = run("check", BO, "-e", "5")
    assert "no fence here" in said.err
    assert "expected 1234" in said.out


@pytest.mark.kernel
def test_errors_of_a_notebook_are_explained(run: Run) -> None:
    said = run("explain", ELI)
    assert "NameError: name 'gpu_tensor_1' is not defined" in said.out
    assert "the mistake    the notebook does not run from top to bottom" in said.out
    told = remembered()[-1]
    assert (told.kind, told.exercise, told.level) == ("explain", "7", 2)
    assert told.about, "the mistake that was named"


def test_a_pasted_traceback_is_explained(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    text = ('Traceback (most recent call last):\n  File "x.py", line 3, in <module>\n'
            "    y = a @ b\n"
            "RuntimeError: mat1 and mat2 shapes cannot be multiplied (3x4 and 3x4)\n")  # fmt: skip
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    said = run("explain", "-")
    assert "the line       y = a @ b" in said.out
    assert "possibly       the shapes of a matrix product do not fit" in said.out


def test_a_hint_of_a_blocked_exercise_leads_to_what_blocks_it(run: Run) -> None:
    remember(failed("a", outcome="blocked")._replace(blocked_by="4"))
    said = run("hint", ID, "5")
    assert said.out == (
        f"Exercise 5 cannot be judged yet. Mend exercise 4 first:\ngrader hint {ID} 4\n"
    )
    assert len(remembered()) == 1, "no hint was given"


def answering(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    """Type something."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(said))


def test_a_solution_that_is_not_wanted_after_all_is_not_shown(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(failed("a")._replace(kind="hint", level=3, about="5.value"))
    for said, code, told in (
        ("n\n", 0, "the solution was not shown"), ("\n", 0, "the solution was not shown"),
        ("", 2, "nobody answered, so the solution was not shown; --yes does not ask"),
    ):  # fmt: skip
        answering(monkeypatch, said)
        ended = run("solution", ID, "5")
        assert (ended.code, told in ended.all) == (code, True)
        assert "manual_seed" not in ended.all
    assert len(remembered()) == 1
    answering(monkeypatch, "yes\n")
    assert "manual_seed" in run("solution", ID, "5").out


IN_A_LAYER = """\
\x1b[0;31mRuntimeError\x1b[0m                              Traceback (most recent call last)
Cell In[3], line 2
      1 x = torch.rand(3, 4)
----> 2 y = layer(x)

File /usr/lib/python3/site-packages/torch/nn/modules/linear.py:116, in Linear.forward(self, input)
    115 def forward(self, input: Tensor) -> Tensor:
--> 116     return F.linear(input, self.weight, self.bias)

RuntimeError: mat1 and mat2 shapes cannot be multiplied (3x4 and 5x6)
"""


def test_a_layer_in_a_traceback_is_told_from_a_product() -> None:
    told = of_text(IN_A_LAYER)
    assert told is not None
    assert told.found is not None
    assert (told.found.id, told.found.certain) == ("M11", False)
    assert told.code == "y = layer(x)"


@pytest.mark.parametrize("text", ["KeyError: 'x'", "a.b.StrangeError: who knows\nnobody"])
def test_an_error_that_nobody_knows_is_told_as_such(text: str) -> None:
    told = of_text(text)
    assert told is not None
    assert told.said.startswith(text.split("\n", maxsplit=1)[0])
    assert UNKNOWN in words(told)


@pytest.mark.parametrize("text", ["", "hello", "loss: 0.3", "  NameError: indented", "Error"])
def test_a_text_without_an_error_has_none(text: str) -> None:
    assert of_text(text) is None


def test_a_run_says_what_the_line_worked_on() -> None:
    scene = Scene().cell("3", "a = 1").cell(None, "x = 1\ny = a @ b")
    scene.error("RuntimeError", "mat1 and mat2 shapes cannot be multiplied (3x4 and 3x4)",
                {"a": [3, 4], "b": [3, 4]}, line=2)  # fmt: skip
    (told,) = of_run(scene.evidence())
    assert told.cell == 2
    assert told.working_on == "a [3, 4] float32, b [3, 4] float32"
    assert told.found is not None
    assert (told.found.id, told.found.certain) == ("X01", True)


def test_a_hint_leads_on_as_the_code_changes(run: Run) -> None:
    remember(failed("a"))
    first = run("hint", ID, "5")
    assert "where to look:" in first.out
    assert run("hint", ID, "5").out == first.out
    assert "the idea:" in run("hint", ID, "5", "--force").out
    remember(failed("b"))
    assert "what to change:" in run("hint", ID, "5").out
    hints = [e for e in remembered() if e.kind == "hint"]
    assert [(e.level, e.forced, e.about) for e in hints] == [
        (1, False, "5.value"), (2, True, "5.value"), (3, False, "5.value"),
    ]  # fmt: skip


@pytest.mark.parametrize("exercise", ["2", "5"])
def test_a_hint_needs_no_slow_import(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, exercise: str
) -> None:
    monkeypatch.setenv(HOME, str(tmp_path))
    remember(failed("a", faults=["T07"]))
    code = ("import sys; sys.argv = ['grader', 'hint', %r, %r]\n"
            "from grader.cli.main import main\n"
            "try: main()\nexcept SystemExit: pass\n"
            "print(sorted({'pydantic', 'nbformat', 'rich', 'numpy', 'asyncio'} & {*sys.modules}))"
            )  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code % (ID, exercise)], capture_output=True,
                          text=True, check=True, cwd=ROOT)  # fmt: skip
    assert "where to look:" in done.stdout
    assert ("step() is missing" in done.stdout) is (exercise == "5")
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_hint_without_a_check_is_that_of_the_exercise(run: Run) -> None:
    assert "torch.cuda" in run("hint", ID, "5").out


def test_what_is_correct_needs_no_hint(run: Run) -> None:
    remember(failed("a", outcome="correct"))
    assert "nothing was wrong when it was checked" in run("hint", ID, "5").out
    assert not [e for e in remembered() if e.kind == "hint"]


@pytest.mark.parametrize("command", ["hint", "solution"])
def test_an_exercise_that_is_not_there_is_named(run: Run, command: str) -> None:
    said = run(command, ID, "77")
    assert said.code == 2
    assert f"{ID} has exercises 2, 3" in said.err


@pytest.mark.kernel
def test_after_six_failed_checks_there_is_a_question_to_paste(run: Run) -> None:
    run("check", BO, "-e", "5")
    for code in "abcdef":
        remember(failed(code))
    said = run("hint", ID, "5")
    assert "I am stuck at exercise 5 of 00-fundamentals" in said.out
    assert "  seen: 42" in said.out
    assert "  expected: 1234" in said.out
    assert "PyTorch 2." in said.out
    assert "manual_seed(1234)" not in said.out


def test_the_solution_is_closed_until_the_end_of_the_ladder(run: Run) -> None:
    remember(failed("a"))
    assert "opens when the exercise is correct" in run("solution", ID, "5").out
    for _ in range(3):
        run("hint", ID, "5", "--force")
    assert "torch.cuda.manual_seed(1234)" in run("solution", ID, "5", "--yes").out
    assert remembered()[-1].kind == "solution"


def test_at_the_end_of_the_ladder_one_is_asked_first(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(failed("a"))
    for _ in range(3):
        run("hint", ID, "5", "--force")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"n\n")))
    said = run("solution", ID, "5")
    assert "Show the solution?" in said.all
    assert "manual_seed(1234)" not in said.out


def test_after_a_pass_the_solution_is_there(run: Run) -> None:
    remember(failed("a", outcome="correct"))
    assert "torch.cuda.manual_seed(1234)" in run("solution", ID, "5").out


def test_closed_hints_stay_closed_and_so_does_the_solution(run: Run, tmp_path: Path) -> None:
    closed = copy_of_the_course(tmp_path)
    remember(failed("a"))
    assert "Hints are closed" in run("hint", ID, "5", "--force", "--course", closed).out
    assert not [e for e in remembered() if e.kind == "hint"]
    assert "opens when" in run("solution", ID, "5", "--course", closed).out


def copy_of_the_course(tmp_path: Path) -> Path:
    """Chapter 00 with closed hints."""
    from shutil import copytree

    copytree(ROOT / "assignments" / ID, tmp_path / "assignments" / ID)
    (tmp_path / "rubrics").mkdir()
    text = (ROOT / "rubrics" / f"{ID}.toml").read_text(encoding="utf-8")
    closed = text.replace(f'assignment = "{ID}"', f'assignment = "{ID}"\nhelp = "closed"')
    (tmp_path / "rubrics" / f"{ID}.toml").write_text(closed, encoding="utf-8")
    return tmp_path


def test_the_log_holds_nobody_and_no_code(run: Run) -> None:
    remember(failed("a"))
    run("hint", ID, "5")
    log = checks_folder().with_name(EVENTS)
    for line in log.read_text(encoding="utf-8").splitlines():
        assert set(json.loads(line)) <= set(Event._fields)


def with_hidden(tmp_path: Path, name: str) -> tuple[Path, list[str]]:
    """A course in which one criterion of each exercise is hidden, and their ids."""
    from shutil import copytree

    copytree(ROOT / "assignments" / name, tmp_path / "course" / "assignments" / name)
    (tmp_path / "course" / "rubrics").mkdir()
    rubric = load_rubric(ROOT, load_assignment(ROOT, name))
    ids = [own[-1].id for e in load_assignment(ROOT, name).exercise
           if len(own := rubric.of(e.id)) > 1]  # fmt: skip
    text = (ROOT / "rubrics" / f"{name}.toml").read_text(encoding="utf-8")
    for one in ids:
        text = text.replace(f'id = "{one}"\n', f'id = "{one}"\nvisibility = "hidden"\n')
    (tmp_path / "course" / "rubrics" / f"{name}.toml").write_text(text, encoding="utf-8")
    return tmp_path / "course", ids


@pytest.mark.parametrize("name", known_assignments(ROOT))
def test_a_release_holds_nothing_hidden(run: Run, tmp_path: Path, name: str) -> None:
    course, ids = with_hidden(tmp_path, name)
    out = tmp_path / "given"
    said = run("release", name, "--out", out, "--course", course)
    assert said.code == 0, said.err
    rubric = load_rubric(course, load_assignment(course, name))
    files = {p.relative_to(out).as_posix(): p.read_text("utf-8")
             for p in out.rglob("*") if p.is_file()}  # fmt: skip
    home = f"assignments/{name}"
    assert set(files) == {f"{home}/starter.ipynb", f"{home}/assignment.toml",
                          f"rubrics/{name}.toml", "README.md", "SHA256SUMS"}  # fmt: skip
    starter = files.pop(f"{home}/starter.ipynb")
    assert starter == (course / home / "starter.ipynb").read_text("utf-8")
    text = "\n".join(files.values())
    shared = {t for c in rubric.criteria if c.id not in ids for t in (c.title, *c.hints)}
    for c in rubric.criteria:
        if c.id in ids:
            assert f'"{c.id}"' not in text
            assert not [t for t in (c.title, *c.hints) if t in text and t not in shared]
    told = "\n".join(shared)
    lines = [line for line in solution_lines(course, name) if line not in told]
    assert len(lines) > 20
    assert not [line for line in lines if line in text]
    given = load_rubric(out, load_assignment(out, name))
    assert not {c.id for c in given.criteria} & set(ids)
    assert all(given.kept[c.exercise] for c in rubric.criteria if c.id in ids)


def solution_lines(course: Path, name: str) -> list[str]:
    """Lines of code that stand in a solution or a mistake, and nowhere in the starter."""
    folder = course / "assignments" / name
    given = "\n".join(c.source for c in nbformat.read(folder / "starter.ipynb", 4).cells)
    paths = [*folder.glob("solution*.ipynb"), *folder.glob("mistakes/*.ipynb")]
    lines = {line for path in paths for line in code_lines(path)}
    telling = [n for n in lines if len(n) > 16 and n not in given and parse_cell(n) is not None]
    return [json.dumps(line)[1:-1] for line in telling]


def code_lines(path: Path) -> set[str]:
    """The lines of a notebook's code cells, without the space around them."""
    notebook = nbformat.read(path, as_version=4)
    return {line.strip() for c in notebook.cells if c.cell_type == "code"
            for line in c.source.split("\n")}  # fmt: skip


def test_a_number_that_nothing_public_tells_stays_with_the_instructor(
    run: Run, tmp_path: Path
) -> None:
    out = tmp_path / "given"
    said = run("release", ID, "--out", out)
    assert "of exercise 6" in said.out
    text = (out / "rubrics" / f"{ID}.toml").read_text(encoding="utf-8")
    assert "0.1272" not in text
    assert load_rubric(out, load_assignment(out, ID)).kept == {"6": 2}


def test_a_release_is_written_into_an_empty_folder_only(run: Run, tmp_path: Path) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "mine.txt").write_text("mine")
    said = run("release", ID, "--out", tmp_path / "given")
    assert said.code == 2
    assert [p.name for p in (tmp_path / "given").iterdir()] == ["mine.txt"]


def test_data_is_given_out_and_hidden_files_are_not(run: Run, tmp_path: Path) -> None:
    course, _ = with_hidden(tmp_path, ID)
    data = course / "assignments" / ID / "data"
    data.mkdir()
    (data / "points.csv").write_text("x,y\n")
    (data / ".secret").write_text("no")
    (data / "more" / ".ipynb_checkpoints").mkdir(parents=True)
    (data / "more" / ".ipynb_checkpoints" / "secret.ipynb").write_text("no")
    run("release", ID, "--out", tmp_path / "given", "--course", course)
    assert (tmp_path / "given" / "assignments" / ID / "data" / "points.csv").exists()
    sums = (tmp_path / "given" / "SHA256SUMS").read_text(encoding="utf-8")
    assert "points.csv" in sums
    assert "secret" not in sums


@pytest.mark.kernel
def test_a_student_checks_with_what_was_released(run: Run, tmp_path: Path) -> None:
    run("release", ID, "--out", tmp_path / "given")
    said = run("check", BO, "-e", "6", "--course", tmp_path / "given")
    assert "correct, 2 checks passed" in said.out
    assert "A grade looks at 2 more criteria here." in said.out


@pytest.mark.parametrize("name", known_assignments(ROOT))
def test_what_is_released_judges_as_the_grader_does(run: Run, tmp_path: Path, name: str) -> None:
    run("release", name, "--out", tmp_path / "given")
    mine, given = load_assignment(ROOT, name), load_assignment(tmp_path / "given", name)
    assert [(e.id, e.headings, e.lines) for e in mine.exercise] == [
        (e.id, e.headings, e.lines) for e in given.exercise
    ]
    checks = {c.id: c.check for c in load_rubric(ROOT, mine).criteria}
    for c in load_rubric(tmp_path / "given", given).criteria:
        assert c.check == checks[c.id]


def test_an_event_is_of_the_exercise_that_was_checked() -> None:
    assignment = load_assignment(ROOT, ID)
    found = practise(Scene().cell("5", "x = 1").evidence(), assignment,
                     load_rubric(ROOT, assignment), "5")  # fmt: skip
    told = event(found, "ab", failed("a").at)
    assert (told.assignment, told.exercise) == ("a", "5")


@pytest.mark.kernel
def test_an_explanation_fits_the_screen_and_tells_a_kernel_that_died(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    notebook = json.loads(BO.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    code[-1]["source"] = "import os; os._exit(1)"
    code[-2]["source"] = "torch.rand(2, 3) @ torch.rand(2, 3)"
    mine = tmp_path / "mine.ipynb"
    mine.write_text(json.dumps(notebook), encoding="utf-8")
    said = run("explain", mine).out
    assert "no cell of this notebook ends with an error" not in said
    assert "cell 21 ended the kernel" in said
    assert "where to look" in said
    assert max(map(len, said.splitlines())) <= 60
    hint = run("hint", ID, "5").out
    assert max(map(len, hint.splitlines())) <= 60
