"""A check while somebody practises: the grader's own verdicts, and nothing that is hidden."""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from grader.assignment import Assignment, load_assignment
from grader.cell_code import CellCode
from grader.diagnosing import by_id, diagnose
from grader.evidence import Evidence
from grader.finding import Diagnosis
from grader.grade import judge, mark
from grader.rubric import Rubric, load_rubric
from grader.scene import Scene
from grader.tutor.causes import causes_in, tied
from grader.tutor.faces import (
    NOTHING_LOST,
    Steps,
    body,
    command_line,
    escaped,
    markdown,
    one_line,
    text,
)
from grader.tutor.hints import mend_first
from grader.tutor.practice import Practised, event, practise, practise_all

COURSE = Path(__file__).parents[1]
SPLIT = "from sklearn.model_selection import train_test_split"
STEPS = command_line("01-workflow", "3", "mine.ipynb")
AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
EVIL = "<img src=x onerror=alert(1)> [a](javascript:b) $x$ `c` **d** https://e.f\x1b[31m"


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    return load_assignment(COURSE, "01-workflow")


@pytest.fixture(scope="module")
def rubric(assignment: Assignment) -> Rubric:
    return load_rubric(COURSE, assignment)


def loop(source: str = "for e in range(300):\n    loss.backward()", **told: object) -> Evidence:
    """A training loop in exercise 3."""
    return Scene().cell("3", source).trains(**told).evidence(assignment="01-workflow")


@pytest.fixture(scope="module")
def stuck(assignment: Assignment, rubric: Rubric) -> Practised:
    """A loop without a step."""
    seen = loop(steps=0, optimizer=None, moved=False)
    return practise(seen, assignment, rubric, "3")


def hiding(rubric: Rubric, *ids: str) -> Rubric:
    return rubric.model_copy(update={"criteria": tuple(
        c.model_copy(update={"visibility": "hidden"}) if c.id in ids else c
        for c in rubric.criteria
    )})  # fmt: skip


def test_the_likeliest_cause_is_told_with_what_was_seen_and_where(stuck: Practised) -> None:
    first = stuck.wrong[0]
    assert (first.what, first.observed) == ("step() is missing", "300 backwards and no step")
    assert first.expected == "a step after each backward"
    assert (first.cell, first.line, first.code) == (1, 2, "loss.backward()")
    assert stuck.verdict in ("partly", "wrong")


def test_the_text_begins_with_the_result_and_ends_with_one_command(stuck: Practised) -> None:
    lines = text(stuck, STEPS).splitlines()
    assert re.fullmatch(r" . 3  Train it, and test it on the way: \d of \d checks passed", lines[0])
    assert "look at   step() is missing: 300 backwards and no step" in "\n".join(lines)
    assert lines[-2].split(maxsplit=1) == ["next", "grader hint 01-workflow 3"]
    assert lines[-1].strip().startswith("This is practice, not a grade.")
    assert len(lines) <= 25


def test_what_is_correct_leads_on(assignment: Assignment, rubric: Rubric) -> None:
    for found in practise_all(Scene().evidence(), assignment, rubric).values():
        assert found.verdict == "missing"
        assert one_line(found).endswith("nothing here yet")
        assert "next      write your answer, then grader check mine.ipynb -e 3" in text(
            found, STEPS
        )
        assert "Next: write your answer, then `grader check" in markdown(found, STEPS)
        assert not found.wrong
        assert event(found, "ab", AT).failed == ()
        right = text(found._replace(verdict="correct"), STEPS)
        assert "next      grader next 01-workflow" in right


def test_the_verdict_is_the_judges_own(assignment: Assignment, rubric: Rubric) -> None:
    from grader.audience import visible_exercises

    seen = loop(steps=0, optimizer=None, moved=False)
    grade = mark(seen, judge(seen, rubric, assignment), assignment)
    told = {e.id: e.verdict for e in visible_exercises(grade, rubric, "student")}
    assert {e: p.verdict for e, p in practise_all(seen, assignment, rubric).items()} == told


def test_hidden_criteria_are_counted_and_not_told(assignment: Assignment, rubric: Rubric) -> None:
    ids = [c.id for c in rubric.of("3")][:2]
    found = practise(loop(steps=0, moved=False), assignment, hiding(rubric, *ids), "3")
    assert found.hidden == 2
    assert found.asked == len(rubric.of("3")) - 2
    hidden = [c for c in rubric.of("3") if c.id in ids]
    for told in (text(found, STEPS), markdown(found, STEPS)):
        assert "2 more criteria" in told
        assert not [c for c in hidden if c.title in told or c.id in told]
    assert not set(event(found, "ab", AT).criteria) & set(ids)


def test_an_event_holds_what_a_hint_needs(stuck: Practised) -> None:
    told = event(stuck, "ab", AT)
    assert (told.kind, told.exercise, told.assignment) == ("check", "3", "01-workflow")
    assert told.faults == ("T07",)
    assert "loop-order" in told.failed
    assert told.code == stuck.code
    assert len(told.code) == 64


def test_what_is_possible_stands_apart_in_an_event(assignment: Assignment, rubric: Rubric) -> None:
    anew = next(e for e in by_id()["L10"].examples() if e.found)
    assert anew.exercise == "3"
    found = practise(anew.evidence, assignment, rubric, "3")
    assert found.wrong[0].what == by_id()["L10"].title
    assert not found.wrong[0].certain
    told = event(found, "ab", AT)
    assert told.possible == ("L10",)
    assert "L10" not in told.faults


def test_what_works_by_luck_is_a_cause_only_of_what_asks_for_the_same(
    assignment: Assignment, rubric: Rubric
) -> None:
    fast = loop(optimizer={"type": "SGD", "settings": {"lr": 100.0}, "groups": 1},
                losses=[1.0, 9.0, 81.0, 700.0, 6000.0], first=1.0, last=6000.0)  # fmt: skip
    other = rubric.model_copy(update={"criteria": tuple(
        c.model_copy(update={"component": "seed"}) for c in rubric.criteria)})  # fmt: skip
    found = practise(fast, assignment, rubric, "3")
    assert "T13" in found.possible
    title = by_id()["T13"].title
    assert title in [r.what for r in found.wrong]
    beside = practise(fast, assignment, other, "3")
    assert "T13" not in beside.possible
    assert title in [r.what for r in beside.notes]
    assert f"note      {title}" in text(beside, STEPS)
    assert "costs nothing" not in text(beside, STEPS), "nobody knows that, where something is lost"
    assert list(body(beside._replace(verdict="correct")))[-1][1].endswith(NOTHING_LOST)


def test_what_works_by_luck_is_a_cause_of_what_lies_at_the_same_stage(
    assignment: Assignment, rubric: Rubric
) -> None:
    seen = loop(steps=0, optimizer=None, moved=False)
    grade = mark(seen, judge(seen, rubric, assignment), assignment)
    exercise = next(e for e in grade.exercises if e.id == "3")
    assert exercise.verdict in ("partly", "wrong")
    luck = Diagnosis(id="E03", title="a", severity="W", certain=True, exercise="3")
    told = luck.model_copy(update={"severity": "N"})
    for found, amiss, causes in (
        (luck, "train-eval-mode", [luck]), (luck, "seed", []), (told, "train-eval-mode", []),
    ):  # fmt: skip
        told_of = grade.model_copy(update={"diagnoses": [found]})
        assert causes_in(exercise, told_of, seen, {amiss}, {amiss}) == causes


@pytest.fixture(scope="module")
def moons() -> tuple[Assignment, Rubric]:
    found = load_assignment(COURSE, "02-classification")
    return found, load_rubric(COURSE, found)


def loss_used_in(exercise: str, line: str) -> Evidence:
    """A loss that exercise 3 makes, and a line that is refused because of it."""
    scene = Scene().cell("3", "loss_fn = nn.BCELoss()").ends("finished").cell(exercise, line)
    said = "all elements of input should be between 0 and 1"
    scene.error("RuntimeError", said, {"out": [800], "y": [800]})
    return scene.evidence(assignment="02-classification")


def test_what_shows_below_is_possible_where_it_was_made(moons: tuple[Assignment, Rubric]) -> None:
    found = practise(loss_used_in("4", "loss_fn(out, y)"), *moons, "3")
    assert found.faults == ()
    assert found.possible == ("L03",)
    first = found.wrong[0]
    assert (first.what, first.cell, first.certain) == (by_id()["L03"].title, 2, False)
    assert "loss-choice" not in found.failed


def test_what_shows_below_without_a_name_of_the_exercise_is_none_of_its(
    moons: tuple[Assignment, Rubric],
) -> None:
    found = practise(loss_used_in("7", "other_loss(out, y)"), *moons, "3")
    assert found.possible == ()


def test_a_hand_in_is_read_once_for_all_its_mistakes(monkeypatch: pytest.MonkeyPatch) -> None:
    walked: list[int] = []

    def walk(cell: CellCode) -> Iterator[ast.AST]:
        walked.append(cell.read.cell)
        return iter(cell.nodes)

    monkeypatch.setattr(CellCode, "walk", walk)
    scene = Scene().cell("2", "net = 1").cell("3", "loss_fn = net").cell("4", "loss_fn(net)")
    seen = scene.cell("5", "net = 2").evidence()
    found = [
        Diagnosis(id="L03", title="it", severity="F", certain=True, exercise="9", cell=n)
        for n in (1, 2, 3, 4, None)
    ]
    ties = [[tied(d, exercise, seen) for d in found] for exercise in ("2", "3", "4", "5")]
    assert ties == [
        [True, True, True, False, False],
        [True, True, True, False, False],
        [True, True, True, False, False],
        [False, False, False, True, False],
    ]
    assert sorted(walked) == [0, 1, 2, 3]


def moons_class(keeps: str, returns: str) -> str:
    """A cell with a model of chapter 02: what line 6 keeps, and what line 8 returns."""
    return (
        "import torch\nfrom torch import nn\nclass Moons(nn.Module):\n"
        f"    def __init__(self):\n        super().__init__()\n        {keeps}\n"
        f"    def forward(self, x):\n        return {returns}\nmodel = Moons()"
    )


def test_a_plain_list_is_pointed_at_where_it_is_kept_and_told_where_its_class_is(
    moons: tuple[Assignment, Rubric],
) -> None:
    model = moons_class("self.layers = [nn.Linear(2, 1)]", "self.layers[0](x)")
    scene = Scene().cell("2", model).ends("finished")
    scene.cell("3", "optimizer = torch.optim.SGD(model.parameters(), lr=0.1)")
    scene.error("ValueError", "optimizer got an empty parameter list", {})
    seen = scene.evidence(assignment="02-classification")
    for exercise, faults, possible in (("2", (), ("M04",)), ("3", ("M04",), ())):
        found = practise(seen, *moons, exercise)
        assert (found.faults, found.possible) == (faults, possible)
        assert (found.wrong[0].cell, found.wrong[0].line) == (1, 6)
        assert found.wrong[0].code == "self.layers = [nn.Linear(2, 1)]"


def test_an_error_raised_in_the_class_is_a_mistake_of_the_exercise_of_the_class(
    moons: tuple[Assignment, Rubric],
) -> None:
    model = moons_class("self.layer = nn.Linear(2, 1)", "self.leyer(x)")
    scene = Scene().cell("2", model).ends("finished")
    for _ in range(2):
        scene.cell("4", "model(X)")
        scene.error("AttributeError", "'Moons' object has no attribute 'leyer'", {"x": [8, 2]},
                    function="forward", at=8)  # fmt: skip
    seen = scene.evidence(assignment="02-classification")
    found = practise(seen, *moons, "2")
    assert found.faults == ("X21",)
    assert [(w.cell, w.line, w.code) for w in found.wrong[:1]] == [(1, 8, "return self.leyer(x)")]
    assert [w.line for w in found.wrong].count(8) == 1


@pytest.mark.parametrize("line", ["loss_fn(logits, c)", "m(c)\nloss_fn(logits, c)"])
def test_a_cause_in_another_exercise_comes_before_what_follows_from_it(
    moons: tuple[Assignment, Rubric], line: str
) -> None:
    scene = Scene().cell("1", f"{SPLIT}\na, c, b, d = train_test_split(X, y)").ends("finished")
    scene.cell("4", line)
    scene.error("ValueError", "Target size must be the same", {"logits": [640], "c": [160, 2]})
    if "m(" in line:
        layer = ("Linear", [5])
        scene.cell("4", "m(c)").error(
            "RuntimeError", "mat1 and mat2 shapes cannot be multiplied (1x5 and 2x16)", {"c": [5]},
            layer=layer,
        )  # fmt: skip
    seen = scene.evidence()
    if "m(" in line:
        assert "M11" in {d.id for d in diagnose(seen, ["4"]).diagnoses}
    found = practise(seen, *moons, "4")
    assert found.possible == ("D04",)
    assert found.faults == ()


def test_each_exercise_has_its_own_causes(assignment: Assignment, rubric: Rubric) -> None:
    scene = Scene()
    for exercise in "12345":  # more mistakes than a report of a whole hand-in tells
        scene.cell(exercise, "loss.backward()")
        scene.trains(run=exercise, model=exercise, steps=0, optimizer=None, moved=False)
    found = practise_all(scene.evidence(assignment="01-workflow"), assignment, rubric)
    assert [e for e, one in found.items() if "T07" in one.faults] == list("12345")


def test_another_text_is_another_attempt_and_spaces_are_none(
    assignment: Assignment, rubric: Rubric
) -> None:
    codes = [practise(loop(s), assignment, rubric, "3").code
             for s in ("a = 1\nb = 2", "a = 1  \nb = 2\n", "a = 1\nb = 3")]  # fmt: skip
    assert codes[0] == codes[1] != codes[2]


NO_END = ("raised", "SyntaxError", "'(' was never closed")
LOST = ("raised", "NameError", "name 'net' is not defined")


@pytest.mark.parametrize(
    ("setup", "first"),
    [
        ((("2", "net = Net(", NO_END), ("3", "net(X)", LOST)),
         ("2", "cell 1")),
        ((("", "net = Net(", NO_END), ("3", "net(X)", LOST)),
         ("", "cell 1")),
        ((("2", "while True:\n    pass", ("out_of_time",)), ("3", "net(X)", ("unreached",))),
         ("2", "cell 1")),
        ((("2", "x = 1", ("finished",)), ("3", "net(X)", LOST)), ("", "")),
    ],
)  # fmt: skip
def test_what_is_blocked_says_what_to_mend_first(
    setup: tuple[tuple[str, str, tuple[Any, ...]], ...], first: tuple[str, str],
    assignment: Assignment, rubric: Rubric,
) -> None:  # fmt: skip
    scene = Scene()
    for exercise, source, error in setup:
        scene.cell(exercise or None, source).ends(error[0], *error[1:], line=1)
    seen = scene.evidence(assignment="01-workflow")
    found = practise(seen, assignment, rubric, "3")
    assert found.verdict == "blocked"
    told_of = event(found, "ab", AT)
    assert (told_of.blocked_by, told_of.blocked_at) == first
    assert told_of.unhinted == (first == ("", "cell 1"))
    beside = event(found._replace(beside={1: "In [7]"}), "ab", AT)
    assert beside.blocked_at == ("In [7]" if first[1] else "")


def test_what_waits_for_a_correct_exercise_is_led_to_its_error_and_to_no_hint() -> None:
    scene = Scene().cell("2", "A = torch.rand(7, 7)")
    scene.tensor([7, 7], random=True)
    scene.ends("finished").cell("2", "B = undefined_fn()")
    scene.ends("raised", "RuntimeError", "boom", line=1).cell("3", "B @ A")
    scene.ends("raised", "NameError", "name 'B' is not defined", line=1)
    asked = load_assignment(COURSE, "00-fundamentals")
    found = practise_all(
        scene.evidence(assignment="00-fundamentals"), asked, load_rubric(COURSE, asked)
    )
    assert (found["2"].verdict, found["3"].verdict) == ("correct", "blocked")
    told_of = event(found["3"], "ab", AT)
    assert (told_of.blocked_by, told_of.blocked_at, told_of.unhinted) == ("2", "cell 2", True)
    said = mend_first([told_of], "3", hint="hint {exercise}", explain="explain")
    assert "Mend exercise 2, cell 2, first:\nexplain" in said


def test_what_a_student_wrote_is_shown_as_text(stuck: Practised) -> None:
    remark = stuck.wrong[0]._replace(observed=EVIL, code=EVIL)
    told = markdown(stuck._replace(wrong=(remark,), title=EVIL), STEPS)
    assert "<" not in told
    assert "\x1b" not in told
    assert "[a](" not in told
    assert not re.search(r"(?<!\\)\$", told)
    assert "\x1b" not in text(stuck._replace(wrong=(remark,)), STEPS)


def test_escaped_text_reads_as_it_was() -> None:
    odd = r"a_b *c* `d` \e <f> & [g](h) #1 $x$ ~~i~~ | j"
    shown = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", escaped(odd))
    assert html.unescape(shown) == odd


def test_a_path_with_a_backtick_stays_code(stuck: Practised) -> None:
    told = markdown(stuck, Steps("c", "grader hint `x`", "a"))
    assert "``` grader hint `x` ```" in told


def test_what_could_not_be_judged_is_no_loss(assignment: Assignment, rubric: Rubric) -> None:
    seen = (Scene().cell("3", "for e in range(9):\n    step()").blind("training", "no room")
            .evidence(assignment="01-workflow"))  # fmt: skip
    found = practise(seen, assignment, rubric, "3")
    assert found.unjudged
    assert not event(found, "ab", AT).faults
    told = text(found, STEPS)
    assert "unknown" in told
    assert "a person will look" not in told


def test_a_notebook_that_did_not_run_says_why(assignment: Assignment, rubric: Rubric) -> None:
    seen = Scene().evidence(assignment="01-workflow", ending="host_failed", why="no disk")
    found = practise(seen, assignment, rubric, "3")
    assert "no disk" in text(found, STEPS)
    assert "next      grader check mine.ipynb -e 3" in text(found, STEPS)
    assert event(found, "ab", AT).outcome == "unknown"
