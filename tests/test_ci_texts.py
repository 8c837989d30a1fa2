"""What is written for logs, comments and machines; the system's variables; the comment's place."""

from __future__ import annotations

import json
import re
import traceback
import xml.dom.minidom
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest
from comment_server import ROBOT, TOKEN, serving
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from records import BAIT, ID, asked, graded, hostile

from grader.assignment import load_assignment
from grader.ci.annotations import Note, code_quality, notes, plain_lines, workflow_commands
from grader.ci.classroom50 import Event, result
from grader.ci.comment import MARKER, comment
from grader.ci.first_hints import first_hints
from grader.ci.handed import harmless, touched
from grader.ci.inert import LONGEST_LINE, code_span, log_line, markdown, places, xml_text
from grader.ci.junit import junit
from grader.ci.positions import cell_lines
from grader.ci.posting import Request, post
from grader.ci.published import Published, status_of, summary_line
from grader.ci.surroundings import Surroundings, surroundings
from grader.cli.steps import nothing_quoted
from grader.diagnosing import by_id, diagnosed
from grader.errors import EXIT_BUG, AuthorError, HostError
from grader.evidence import Evidence
from grader.notebook import Cell, Notebook, parse_notebook
from grader.reporting import Asked
from grader.rubric import Rubric, load_rubric
from grader.scene import Scene

ROOT = Path(__file__).parents[1]
EVENT = Event("course/homework", "https://git.test", "a" * 40, 7, "ann", "2026-09-01T12:00:00Z")
PIECES = [
    "::", ":", "##[error]", "#", "[", "](", "<img src=x>", "`", "``", "*", "_", "|", "\\", "@ann",
    "&amp;", "!", "$", "~~", "\n", "\r", "\n\n- ", "\x00", "\x1b[31m", "\u202e", "\ud800", "#1",
    "word", "https://a.b", "www.a.b", " ", "1. ", "::error::", "::set-output name=a::b", "-->",
]  # fmt: skip
ODD = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
WHOLE = MarkdownIt("commonmark", {"html": True}).enable("table")


def parsed(text: str) -> None:
    """Read XML that we made."""
    xml.dom.minidom.parseString(text.encode())  # noqa: S318  (our own)


def shown(evidence: Evidence, rubric: Rubric | None = None) -> Published:
    """What anybody may see of some evidence."""
    chapter = asked()
    return of_chapter(chapter, evidence, rubric or chapter.rubric)


def of_chapter(chapter: Asked, evidence: Evidence, rubric: Rubric) -> Published:
    grade = diagnosed(graded(evidence, chapter), evidence)
    return Published(chapter.assignment.title, "submissions/x/ann", "submissions/x/ann/hw.ipynb",
                     grade, rubric, {1: 10}, first_hints(grade, evidence, rubric))  # fmt: skip


def hints_of(evidence: Evidence, rubric: Rubric | None = None) -> list[str]:
    """The hints of a comment on some evidence of chapter 01."""
    assignment = load_assignment(ROOT, "01-workflow")
    chapter = Asked(assignment, load_rubric(ROOT, assignment))
    one = of_chapter(chapter, evidence, rubric or chapter.rubric)
    said = comment([one], [], "a" * 40, points=False)
    return [line for line in said.splitlines() if line.startswith("- exercise")]


def stuck_loop() -> Evidence:
    """A training loop without a step, in exercise 3."""
    source = "for e in range(300):\n    loss.backward()"
    trains = Scene().cell("3", source).trains(steps=0, optimizer=None, moved=False)
    return trains.evidence(assignment="01-workflow")


def test_a_comment_has_the_hint_that_grader_hint_would_give() -> None:
    fault = by_id()["T07"]
    (line,) = hints_of(stuck_loop())
    assert line.startswith(f"- exercise 3: {markdown(fault.title)}. {markdown(fault.hints[0])}")
    assert not any(markdown(hint) in line for hint in fault.hints[1:])


@pytest.mark.parametrize("doubt", ["", "the source reaches for the machinery"])
def test_a_comment_hints_at_nothing_in_what_was_not_judged(doubt: str) -> None:
    if doubt:
        scene = Scene().cell("1", "X = points()").doubts(doubt, "1")
    else:
        scene = Scene().cell("1", "import gone").ends("raised", "ModuleNotFoundError",
                                                      "No module named 'gone'", line=1)  # fmt: skip
    evidence = scene.evidence(assignment="01-workflow")
    assignment = load_assignment(ROOT, "01-workflow")
    chapter = Asked(assignment, load_rubric(ROOT, assignment))
    one = of_chapter(chapter, evidence, chapter.rubric)
    assert {e.id: e.verdict for e in one.grade.exercises}["1"] == "unknown"
    assert hints_of(evidence) == []


def noted(file: str, lines: dict[int, int]) -> list[Note]:
    """What is said at the lines of a file that holds a training loop without a step."""
    assignment = load_assignment(ROOT, "01-workflow")
    chapter = Asked(assignment, load_rubric(ROOT, assignment))
    one = of_chapter(chapter, stuck_loop(), chapter.rubric)
    return notes(one._replace(file=file, lines=lines))


def test_a_note_names_the_line_of_the_file_and_the_cell_a_reader_sees() -> None:
    first, *more = noted("submissions/x/ann/hw.ipynb", {1: 10})
    assert (first.line, first.text.partition(": ")[0]) == (11, "cell 1, line 2")
    assert {(n.line, n.text.partition(": ")[0]) for n in more} == {
        (10, "cell 1"), (10, "exercise 3, cell 1")
    }  # fmt: skip


def test_a_note_on_a_file_of_one_line_points_at_no_other() -> None:
    found = noted("submissions/x/ann/hw.ipynb", {})
    assert {note.line for note in found} == {1}
    assert found[0].text.startswith("cell 1, line 2: ")


def test_a_script_has_lines_and_no_cells_that_anybody_sees() -> None:
    found = noted("submissions/x/ann/hw.py", {1: 10})
    assert found[0].line == 11
    assert not any("cell" in note.text.partition(": ")[0] for note in found)


def test_a_comment_has_no_hint_where_hints_are_closed() -> None:
    assignment = load_assignment(ROOT, "01-workflow")
    closed = load_rubric(ROOT, assignment).model_copy(update={"help": "closed"})
    assert hints_of(stuck_loop(), closed) == []


def test_a_comment_says_of_a_blocked_exercise_what_to_mend_first() -> None:
    scene = Scene().cell("2", "net = Net(").ends("raised", "SyntaxError", "never closed", line=1)
    scene.cell("3", "net(X)").ends("raised", "NameError", "name 'net' is not defined", line=1)
    lines = hints_of(scene.evidence(assignment="01-workflow"))
    assert lines[-1] == "- exercise 3: mend exercise 2, cell 1, first"


@given(ODD)
def test_no_text_becomes_a_command_in_a_log(text: str) -> None:
    line = log_line(text)
    assert "::" not in line
    assert "##[" not in line
    assert line.isprintable() or "⟨" in line
    assert "\n" not in line
    assert "\x1b" not in line


@given(ODD)
def test_text_in_markdown_is_shown_as_it_is_and_calls_nobody(text: str) -> None:
    line = markdown(text)
    html = WHOLE.render(f"x {line} x\n")
    assert re.fullmatch(r"<p>[^<>]*</p>\n", html), html
    assert not re.search(r"@\w|#\d", line)


@given(ODD)
def test_a_name_in_markdown_stays_in_its_code(text: str) -> None:
    html = WHOLE.render(f"| a |\n|---|\n| {code_span(text)} |\n")
    assert html.count("<code>") == 1
    assert html.count("<td>") == 1
    assert re.fullmatch(r"[^<>]*", html.partition("<code>")[2].partition("</code>")[0])


@given(ODD)
def test_xml_can_hold_any_text(text: str) -> None:
    parsed(f"<a b={quoteattr(xml_text(text))}/>")


def test_everything_that_is_written_of_a_hostile_hand_in_is_inert() -> None:
    one = shown(hostile()[0])
    commands = workflow_commands(notes(one))
    assert commands
    for line in commands:
        assert re.fullmatch(r"::warning file=[^:,\n]+,line=\d+,title=[^:,\n]+::[^\n\x1b]*", line)
        assert line.count("::") == 2
    for line in plain_lines(notes(one)):
        assert "::" not in line
        assert "\x1b" not in line
    parsed(junit([one], with_points=True))
    json.loads(code_quality(notes(one)))
    said = comment([one], [BAIT, "@ann"], "a" * 40, points=True)
    html = WHOLE.render(said.replace("<details>", "").replace("</details>", ""))
    assert "<img" not in html
    assert "<script" not in html
    assert not re.search(r"@\w", said)


def test_a_hidden_criterion_and_points_are_in_nothing_that_is_public() -> None:
    chapter = asked()
    criteria = [
        c.model_copy(update={"visibility": "hidden", "title": "TOP SECRET", "hints": ["SECRET"]})
        if c.exercise in ("2", "3") and not (c.exercise == "2" and c.core) else c
        for c in chapter.rubric.criteria
    ]  # fmt: skip
    rubric = chapter.rubric.model_copy(update={"criteria": tuple(criteria)})
    one = shown(hostile("ann")[0], rubric)
    public = comment([one], [], "a" * 40, points=False) + junit([one], with_points=False)
    public += "".join(workflow_commands(notes(one))) + code_quality(notes(one))
    assert "SECRET" not in public
    assert "Multiply it with" not in public  # all of exercise 3 is hidden
    assert "points" not in public
    with_points = comment([one], [], "a" * 40, points=True)
    assert "| points |" in with_points
    assert " of 100 " not in with_points  # a total with hidden criteria would tell of them


def test_a_result_is_classroom50s_and_only_of_a_final_grade() -> None:
    empty = Scene().cell("2", "x = 1", written=False).evidence(student="ann", assignment=ID)
    told = json.loads(result(shown(empty), EVENT) or "")
    assert list(told)[:6] == [
        "schema", "classroom", "assignment", "assignment_type", "owner", "submission",
    ]  # fmt: skip
    assert told["schema"] == "classroom50/result/v1"
    assert all(isinstance(told[key], str) and told[key] for key in (
        "classroom", "assignment", "owner", "submission", "commit", "release", "review", "datetime",
    ))  # fmt: skip
    assert told["owner"] == "ann"
    assert told["commit"] == f"https://git.test/course/homework/commit/{'a' * 40}"
    assert (told["score"], told["max-score"]) == (0, 100)
    assert sum(t["max-score"] for t in told["tests"]) == 100
    assert set(told["tests"][0]) == {"test-name", "passed", "score", "max-score"}
    failed_here = Scene().evidence(student="ann", assignment=ID, ending="host_failed", why="x")
    assert result(shown(failed_here), EVENT) is None


def test_what_is_withheld_fails_nobody() -> None:
    failed_here = shown(Scene().evidence(student="a", assignment=ID, ending="host_failed", why="x"))
    assert status_of(failed_here, 100) == "error"
    assert "not graded yet" in summary_line([failed_here], None)
    empty = shown(Scene().cell("2", "x", written=False).evidence(student="a", assignment=ID))
    assert status_of(empty, 1) == "fail"
    assert status_of(empty, 0) == "pass"
    assert status_of(empty, None) == "fail"


@pytest.mark.parametrize("system", ["github", "gitlab"])
def test_one_comment_is_kept_among_many_and_nobody_elses_is_touched(system: str) -> None:
    with serving() as server:
        for number in range(150):
            server.add(f"comment {number}", "ann")
        server.add(f"{MARKER}\nplanted", "ann")
        server.add(f"quoted: {MARKER}", ROBOT)
        request = Request(system, server.address, "course/homework", 7, TOKEN)
        assert post(request, f"{MARKER}\none\n") == "new"
        server.kept[-1]["body"] = server.kept[-1]["body"].replace("\n", "\r\n").strip()
        assert post(request, f"{MARKER}\none\n") == "the same"
        assert post(request, f"{MARKER}\ntwo\n") == "changed"
        assert server.bodies()[150:] == [
            f"{MARKER}\nplanted", f"quoted: {MARKER}", f"{MARKER}\ntwo\n",
        ]  # fmt: skip


def test_trouble_with_the_comment_is_told_without_the_token() -> None:
    with serving() as server:
        wrong = Request("github", server.address, "a/b", 7, "wrong-token")
        with pytest.raises(HostError, match="403") as told:
            post(wrong, "x")
        assert "wrong-token" not in str(told.value)
    with pytest.raises(HostError, match="was not written"):
        post(wrong, "x")
    with pytest.raises(HostError, match="no address"):
        post(wrong._replace(api="file:///etc"), "x")


def test_a_redirect_is_not_followed_with_the_token() -> None:
    with serving() as server:
        moved = Request("github", f"{server.address}/moved", "a/b", 7, TOKEN)
        with pytest.raises(HostError, match="302"):
            post(moved, "x")
        assert len(server.asked) == 1


def test_of_a_bug_a_log_gets_places_and_no_values() -> None:
    def breaks(secret: str) -> None:
        raise ValueError(
            f'{secret}\n  File "a/b.py", line 1, in secret of {secret}\nKeyError {secret}'
        )

    try:
        breaks("hidden.criterion")
    except ValueError:
        bug = traceback.format_exc()
    told = places(bug)
    assert any(line.startswith("tests/test_ci_texts.py:") for line in told)
    assert told[-1] == "ValueError"
    assert "hidden" not in str(told)


@pytest.mark.parametrize("frame", ["<module>", "<lambda>", "<genexpr>", "outer"])
def test_of_a_bug_a_log_gets_the_places_that_have_no_name_too(frame: str) -> None:
    said = f'  File "/somewhere/grader/checks/one.py", line 3, in {frame}\n    x\nKeyError: 1'
    assert places(said) == [f"checks/one.py:3 in {frame}", "KeyError"]


def test_of_a_bug_no_more_of_a_line_is_read_than_a_log_can_hold() -> None:
    kind = "a" * LONGEST_LINE + "Error"
    assert places(f"{kind[-LONGEST_LINE:]}\n{kind}: x") == [kind[-LONGEST_LINE:]]
    path = "/a" * LONGEST_LINE
    assert places(f'  File "{path}/b/c.py", line 3, in d') == []


@pytest.mark.parametrize("rubrics", [None, Path("private")])
def test_what_a_private_rubric_says_stays_out_of_the_log(
    rubrics: Path | None, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(AuthorError) as wrong, nothing_quoted(rubrics):
        raise AuthorError(["criterion hidden.one: points: is 2", "criterion hidden.two: is 3"])
    assert ("hidden" in str(wrong.value)) == (rubrics is None)
    assert rubrics is None or "2 mistakes" in str(wrong.value)
    with pytest.raises(SystemExit) as bug, nothing_quoted(rubrics):
        raise KeyError("hidden.one")
    said = capsys.readouterr().err
    assert bug.value.code == EXIT_BUG
    assert "KeyError" in said
    assert "hidden" not in said


def test_a_file_name_that_is_no_text_can_be_told() -> None:
    note = Note("submissions/h\udcff.ipynb", 1, "exercise 1", "text")
    assert "".join(workflow_commands([note])).encode()


def test_without_a_ci_system_nothing_is_told() -> None:
    assert surroundings({"CI": "true", "HOME": "/x"}) == Surroundings()


def test_githubs_variables_are_read(tmp_path: Path) -> None:
    event = {
        "pull_request": {"number": 3, "base": {"sha": "a" * 40}, "head": {"sha": "b" * 40},
                         "user": {"login": "ann"}},
        "repository": {"private": True},
    }  # fmt: skip
    told = github(tmp_path, event)
    assert (told.base, told.head, told.request) == ("a" * 40, "b" * 40, 3)
    assert (told.private, told.author, told.repository) == (True, "ann", "a/b")
    pushed = github(tmp_path, {"before": "0" * 40, "after": "c" * 40})
    assert (pushed.base, pushed.head, pushed.request, pushed.private) == ("", "c" * 40, 0, False)


@pytest.mark.parametrize(
    "event",
    [
        {"pull_request": {"number": "3", "base": {"sha": "--upload-pack=x"}, "head": []}},
        {"pull_request": "x", "repository": {"private": "yes"}},
        {"pull_request": {"number": True, "user": {"login": "::x"}, "head": {"sha": "B" * 40}}},
        [1], {},
    ],
)  # fmt: skip
def test_an_event_that_is_not_as_it_should_be_tells_nothing(tmp_path: Path, event: object) -> None:
    told = github(tmp_path, event)
    assert (told.base, told.head, told.request) == ("", "", 0)
    assert (told.private, told.author) == (False, "")


def github(folder: Path, event: object) -> Surroundings:
    path = folder / "event.json"
    path.write_text(json.dumps(event))
    return surroundings({"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(path),
                         "GITHUB_REPOSITORY": "a/b"})  # fmt: skip


def test_gitlabs_variables_are_read() -> None:
    told = surroundings({
        "GITLAB_CI": "true", "CI_PROJECT_PATH": "a/b/c", "CI_MERGE_REQUEST_IID": "4",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": "a" * 40, "CI_COMMIT_SHA": "b" * 40,
        "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": "", "CI_PROJECT_VISIBILITY": "internal",
        "GITLAB_USER_LOGIN": "ann",
    })  # fmt: skip
    assert told == Surroundings(
        "gitlab", "a/b/c", "https://gitlab.com", "https://gitlab.com/api/v4", "a" * 40, "b" * 40,
        4, "ann", False,
    )  # fmt: skip


def test_a_path_alone_says_whose_it_is() -> None:
    found = touched(
        ["README.md", "submissions/hw/ann/a.ipynb", "submissions/hw/ann/b/c.py",
         "submissions/hw/loose.ipynb", "submissions/no/ann/a.ipynb", "submissions/hw/a::b\n/x.py",
         "other/submissions/hw/bo/a.ipynb", "submissions/hw/../x.py"],
        "submissions", ["hw"],
    )  # fmt: skip
    assert [place.student for place in found.places] == ["ann"]
    assert len(found.news) == 4


def test_no_more_hand_ins_than_one_change_can_have() -> None:
    with pytest.raises(HostError, match="201 hand-ins"):
        touched([f"s/hw/ann{n}/a.py" for n in range(201)], "s", ["hw"])


@pytest.mark.parametrize(
    ("name", "good"),
    [("a/b.py", True), ("../b.py", False), ("a/../../b", False), ("/b", False),
     (".git/hooks/x", False), ("a/.GIT/config", False), ("a//b", False), ("x" * 250, False),
     ("a/.gitattributes", True)],
)  # fmt: skip
def test_what_leads_out_of_its_folder_is_not_written(name: str, good: bool) -> None:
    assert harmless(name) is good


def test_a_cell_is_found_in_its_file() -> None:
    path = asked_file()
    notebook = parse_notebook(path.read_bytes())
    assert isinstance(notebook, Notebook)
    lines = cell_lines(path.read_bytes(), notebook)
    text = path.read_text().splitlines()
    assert len(lines) == len(notebook.code)
    for cell in notebook.code:
        assert (
            json.loads(text[lines[cell.index + 1] - 1].strip().rstrip(",")).strip("\n")
            in cell.source
        )
    script = b"# %%\n\nx = 1\n# %%\n# two\nx = 1\n"
    cells = Notebook((Cell(0, "code", "\nx = 1"), Cell(1, "code", "# two\nx = 1")))
    assert cell_lines(script, cells) == {1: 2, 2: 5}
    assert cell_lines(b'{"cells": []}', cells) == {}


def test_a_file_in_which_no_cell_is_found_is_given_up() -> None:
    cells = tuple(Cell(i, "code", f"nowhere_{i} = 1") for i in range(500))
    whole = Notebook((*cells, Cell(500, "code", "here = 1")))
    assert cell_lines(b"here = 1\n", whole) == {}
    assert cell_lines(b"here = 1\n", Notebook(whole.cells[-5:])) == {501: 1}


def asked_file() -> Path:
    return Path(__file__).parents[1] / "submissions" / ID / "bo" / "00_fundamentals_exercises.ipynb"
