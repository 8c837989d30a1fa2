"""Each way in which an assignment does not hold together is told, with where and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import pytest

from grader.assignment import Assignment, Exercise
from grader.check import Check, Example
from grader.demands.criteria import criteria_part, hints_part
from grader.demands.mistakes import mistakes_part
from grader.demands.solutions import solutions_part
from grader.demands.starter import starter_part
from grader.evidence import Evidence, number
from grader.expectations import Expectation
from grader.facts import ProbeFailed
from grader.finding import Finding, Verdict
from grader.grade import judge, mark
from grader.ladders import slips
from grader.proof import Part, Problem, Proof, Role, Tried
from grader.reports.proof import MOST, proof_report
from grader.rubric import Criterion, Rubric
from grader.scene import Scene

Header = dict[str, Any]
"""What the evidence's header says."""

SHARES: dict[Verdict, float] = {"passed": 1.0, "partly": 0.5}


class Says(Check):
    """Says what it is told to; its numbers are what it expects."""

    kind: ClassVar[str] = "says"

    verdict: Verdict = "passed"
    values: tuple[float, ...] = ()

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        if self.verdict == "broken":
            raise ZeroDivisionError
        share = SHARES.get(self.verdict, 0.0)
        return Finding(verdict=self.verdict, share=share, because="so it is",
                       actual="this", expected="that")  # fmt: skip

    @classmethod
    def examples(cls) -> list[Example]:
        return []


def asks(
    name: str,
    verdict: Verdict = "passed",
    *,
    hints: Sequence[str] = ("look", "think"),
    values: tuple[float, ...] | None = None,
) -> Criterion:
    check = Says(verdict=verdict) if values is None else Says(verdict=verdict, values=values)
    return Criterion(
        id=name, exercise=name.partition(".")[0], title=name, points=10, core=True,
        check=check, hints=list(hints),
    )  # fmt: skip


def rubric(**verdicts: Verdict) -> Rubric:
    """Criteria 1.a and 1.b, and what their checks say."""
    said: dict[str, Verdict] = {"a": "passed", "b": "passed", **verdicts}
    return Rubric(assignment="hw", criteria=tuple(asks(f"1.{n}", v) for n, v in said.items()))


def tried(
    role: Role,
    name: str,
    by: Rubric | None = None,
    *,
    scene: Scene | None = None,
    salt: int = 0,
    header: Header | None = None,
) -> Tried:
    scene = scene or Scene().cell("1", "answer = 1").ends("finished")
    evidence = scene.evidence(**(header or {}))
    assignment = Assignment(id="hw", title="hw", exercise=[Exercise(id="1", title="one")])
    grade = mark(evidence, judge(evidence, by or rubric(), assignment), assignment)
    return Tried(role, name, salt, grade, evidence)


def told(part: Part) -> list[str]:
    assert all(p.do for p in part.problems)
    return [f"{p.where}: {p.what}" for p in part.problems]


BLANK = Scene().cell("1", "# write here", written=False).ends("finished")


# ---- the starter ----------------------------------------------------------------------------


def starter(
    scene: Scene = BLANK, by: Rubric | None = None, header: Header | None = None
) -> list[str]:
    return told(starter_part([tried("starter", "starter.ipynb", by, scene=scene, header=header)]))


def test_an_untouched_starter_holds() -> None:
    assert starter() == []


def test_a_missing_starter_is_told() -> None:
    assert told(starter_part([])) == ["starter.ipynb: is missing"]


def test_a_starter_that_earns_something_is_told() -> None:
    scene = Scene().cell("1", "x = 1").ends("finished")
    assert starter(scene=scene) == [
        "starter.ipynb: exercise 1 is correct instead of missing and earns 20 points"
    ]


def test_a_starter_with_a_blind_spot_is_told() -> None:
    run = tried("starter", "starter.ipynb", scene=BLANK)
    blind = ProbeFailed(cell=0, probe="tensors", problem="no room")
    evidence = Evidence(
        header=run.evidence.header, facts=number([*run.evidence.facts, blind, blind])
    )
    assert told(starter_part([run._replace(evidence=evidence)])) == [
        "starter.ipynb: something in it could not be seen: tensors"
    ]


def test_a_starter_that_needs_a_person_is_told() -> None:
    [what] = starter(header={"uncertain": ["no heading was found for exercise 1"]})
    assert "a person is needed: no heading was found for exercise 1" in what


def test_a_check_that_breaks_on_the_starter_is_told() -> None:
    scene = Scene().cell("1", "x = 1").ends("finished")
    assert "starter.ipynb: the check of 1.a breaks" in starter(
        scene=scene, by=rubric(a="broken", b="passed")
    )


@pytest.mark.parametrize("ending", ["unreadable", "kernel_died", "host_failed"])
def test_a_starter_that_does_not_run_is_told(ending: str) -> None:
    assert starter(header={"ending": ending, "why": "so it was"}) == [
        "starter.ipynb: it did not run to its end: so it was"
    ]


# ---- solutions ------------------------------------------------------------------------------


def solutions(*runs: Tried) -> Part:
    return solutions_part(list(runs))


def test_solutions_that_earn_everything_hold() -> None:
    part = solutions(*(tried("solution", "solution.ipynb", salt=s) for s in range(3)))
    assert told(part) == []
    assert part.claim == "1 of 1 solutions earn all 20 points, from each of 3 seeds"


def test_a_missing_solution_is_told() -> None:
    assert told(solutions()) == ["solution.ipynb: is missing"]


def test_what_a_solution_always_lacks_is_told_once() -> None:
    runs = [tried("solution", "solution.ipynb", rubric(b="partly"), salt=s) for s in range(3)]
    [problem] = solutions(*runs).problems
    assert problem.what == "1.b is partly: so it is; saw this; expected that"
    assert problem.salt == 0
    assert "mend the solution" in problem.do


def test_what_a_solution_lacks_from_one_seed_names_the_seed() -> None:
    verdicts: list[Verdict] = ["passed", "failed", "passed"]
    runs = [
        tried("solution", "solution.ipynb", rubric(a=v), salt=s) for s, v in enumerate(verdicts)
    ]
    [problem] = solutions(*runs).problems
    assert problem.salt == 1
    assert "random numbers decide" in problem.do


def test_a_solution_in_doubt_is_told() -> None:
    scene = Scene().cell("1", "x = 1").doubts("it reaches for the machinery").ends("finished")
    part = solutions(tried("solution", "solution.ipynb", scene=scene))
    assert any("it reaches for the machinery" in what for what in told(part))


def test_a_solution_that_needs_a_person_is_told() -> None:
    part = solutions(
        tried("solution", "solution.ipynb", header={"uncertain": ["taken by position"]})
    )
    assert told(part) == ["solution.ipynb: a person is needed: taken by position"]


def test_a_solution_that_does_not_end_is_told() -> None:
    run = tried(
        "solution", "solution.ipynb", header={"ending": "out_of_time", "why": "30 s are over"}
    )
    assert told(solutions(run)) == ["solution.ipynb: it did not run to its end: 30 s are over"]


def test_each_solution_is_held_against_all_points() -> None:
    other = tried("solution", "solutions/other.py", rubric(a="failed"))
    part = solutions(tried("solution", "solution.ipynb"), other)
    assert [p.where for p in part.problems] == ["solutions/other.py"]
    assert part.claim.startswith("1 of 2 solutions earn all 20 points")


# ---- mistakes -------------------------------------------------------------------------------


def mistakes(run: Tried, expected: dict[str, Any]) -> list[str]:
    entry = {"hand_in": "m.ipynb", "why": "No seed.", "loses": ["1.a"], **expected}
    return told(mistakes_part([Expectation.model_validate(entry)], [run]))


def mistake(
    a: Verdict = "failed",
    b: Verdict = "passed",
    *,
    scene: Scene | None = None,
    header: Header | None = None,
) -> Tried:
    return tried("mistake", "mistakes/m.ipynb", rubric(a=a, b=b), scene=scene, header=header)


PERSON = mistake(header={"uncertain": ["taken by position"]})
MISTAKES = [
    pytest.param(mistake(), {}, None, id="as expected"),
    pytest.param(mistake(), {"verdicts": {"1.a": "failed"}}, None, id="with its verdict"),
    pytest.param(mistake(), {"verdicts": {"1.a": "partly"}},
                 "1.a is not partly but failed: so it is; saw this", id="another verdict"),
    pytest.param(mistake(a="passed"), {}, "1.a is not lost: passed", id="not lost"),
    pytest.param(mistake(a="no_evidence"), {}, "1.a is not lost: no_evidence",
                 id="withheld instead of lost"),
    pytest.param(mistake(b="partly"), {}, "1.b is lost too: partly", id="lost too"),
    pytest.param(mistake(b="no_evidence"), {}, "1.b is withheld: no_evidence",
                 id="withheld too"),
    pytest.param(mistake(b="no_evidence"), {"withholds": ["1.b"]}, None,
                 id="withheld as expected"),
    pytest.param(mistake(), {"withholds": ["1.b"]}, "1.b is not withheld: passed",
                 id="not withheld"),
    pytest.param(PERSON, {}, "a person is needed: taken by position", id="a person"),
    pytest.param(PERSON, {"needs_a_person": "by position"}, None, id="as expected too"),
    pytest.param(PERSON, {"needs_a_person": "doubt"},
                 "no person is told of 'doubt'; the reason is: taken by position",
                 id="another reason"),
    pytest.param(mistake(), {"needs_a_person": "doubt"}, "no person is told of 'doubt'",
                 id="no person"),
    pytest.param(mistake(header={"ending": "unreadable", "why": "not JSON"}), {},
                 "did not run to its end: not JSON", id="unreadable"),
    pytest.param(mistake(scene=BLANK), {"loses": ["1.a", "1.b"]}, None, id="blank"),
]  # fmt: skip


@pytest.mark.parametrize(("run", "expected", "says"), MISTAKES)
def test_a_mistake_loses_what_it_should_and_nothing_else(
    run: Tried, expected: dict[str, Any], says: str | None
) -> None:
    found = mistakes(run, expected)
    assert len(found) == (says is not None)
    assert all(what.startswith("mistakes/m.ipynb: ") for what in found)
    assert says is None or says in found[0]


def test_what_several_mistakes_lose_too_is_told_once() -> None:
    names = ["a.ipynb", "b.ipynb", "c.ipynb"]
    expected = [Expectation(hand_in=name, why="No seed.", loses=["1.a"]) for name in names]
    verdicts: list[Verdict] = ["failed", "failed", "passed"]
    runs = [
        mistake(b=verdict)._replace(name=f"mistakes/{name}")
        for name, verdict in zip(names, verdicts, strict=True)
    ]
    part = mistakes_part(expected, runs)
    [problem] = part.problems
    assert (problem.where, problem.also) == ("mistakes/a.ipynb", 1)
    assert "      mistakes/a.ipynb and 1 more: 1.b is lost too: failed" in "\n".join(lines(problem))
    assert part.claim == "1 of 3 mistakes lose exactly what expect.toml says"


def test_an_assignment_without_mistakes_is_told() -> None:
    part = mistakes_part([], [])
    assert told(part) == ["mistakes/: holds no hand-in"]
    assert "expect.toml" in part.problems[0].do


# ---- criteria and their hints ---------------------------------------------------------------


def test_a_criterion_that_no_mistake_loses_is_told() -> None:
    part = criteria_part(rubric(), [mistake()])
    assert told(part) == ["mistakes/: no wrong answer loses 1.b"]
    assert part.claim == "1 of 2 criteria are lost by a wrong answer"


def test_partly_lost_by_another_mistake_counts() -> None:
    assert told(criteria_part(rubric(), [mistake(), mistake(b="partly")])) == []


def test_blanks_show_nothing_about_a_criterion() -> None:
    part = criteria_part(rubric(), [mistake(scene=BLANK)])
    assert told(part) == ["mistakes/: no wrong answer loses 1.a or 1.b"]


TASK = "Set the seed to 7 and draw a tensor of shape (2, 3). It holds 0.5349 0.1988."
ANSWER = "torch.manual_seed(7)\nx = torch.rand(2, 3)\ny = x.sum()\nx, y"
LADDERS = [
    pytest.param(["Look at the shape.", "Two sizes, rows first: (2, 3)."], None, id="told anyway"),
    pytest.param(["Look.", "It is the sum of exercise 9."], None, id="number of an exercise"),
    pytest.param(["Look."], "has 1 hint, and a ladder has 2 or more", id="one rung"),
    pytest.param(["Look.", "Look."], "says the same hint twice", id="twice the same"),
    pytest.param(["Look.", "It is 1.234 in the end."], "expected 1.234 in hint 2", id="value"),
    pytest.param(["The sum is 9.", "Look."], "expected 9 in hint 1", id="of a report"),
    pytest.param(["Look.", "Write [1.2341, 2]."], "expected 1.2341 in hint 2", id="in brackets"),
    pytest.param(["Look.", "Write y = x.sum( )."], "holds code of the solution in hint 2",
                 id="code"),
    pytest.param(["Look.", "Write torch.rand(2,3)."], "holds code of the solution in hint 2",
                 id="code of an argument"),
    pytest.param(["Look at x, y.", "Call sum on x."], None, id="names"),
]  # fmt: skip


@pytest.mark.parametrize(("hints", "says"), LADDERS)
def test_hints_give_nothing_away(hints: list[str], says: str | None) -> None:
    criterion = asks("1.a", hints=hints, values=(1.2341, 0.5349))
    found = slips(criterion, task=TASK, answers=[ANSWER], expected=["the sum, 9", "(2, 3)"])
    assert all(do for _, do in found)
    assert len(found) == (says is not None)
    assert says is None or says in found[0][0]


def test_defaults_of_a_check_are_no_secret() -> None:
    assert slips(asks("1.a", hints=["one", "two"]), task="", answers=[], expected=[]) == []


def test_hints_are_held_against_tasks_and_solutions() -> None:
    scene = Scene().cell("1", "x = torch.rand(5)").ends("finished")
    run = tried("solution", "solution.ipynb", scene=scene)
    asked = Rubric(assignment="hw", criteria=(
        asks("1.a", hints=["Look.", "Call torch.rand(5)."], values=(5,)),
        asks("1.b", hints=["Look.", "Think of 5."], values=(5,)),
    ))  # fmt: skip
    assert told(hints_part(asked, [run], {"1": "Draw 5 numbers."})) == [
        "criterion 1.a: holds code of the solution in hint 2"
    ]
    part = hints_part(asked, [], {})
    assert told(part) == [
        "criterion 1.a: tells the expected 5 in hint 2",
        "criterion 1.b: tells the expected 5 in hint 2",
    ]
    assert part.claim == "0 of 2 criteria have hints that give nothing away"


# ---- the report -----------------------------------------------------------------------------


def lines(*problems: Problem) -> list[str]:
    parts = [Part("starter", "it holds", []), Part("mistakes", "they lose", list(problems))]
    proof = Proof("hw", parts, {"observed": 3, "challenged": 0, "corroborated": 97.5, "claimed": 0})
    return [line.text for line in proof_report(proof, "assignments/hw")]


def test_what_is_proved_is_told_in_a_line_a_part() -> None:
    assert lines() == [
        "hw: proved",
        " ✓  it holds",
        " ✓  they lose",
        "    points rest on: observed 3  challenged 0  corroborated 97.5  claimed 0",
    ]


def test_a_problem_is_told_with_what_to_do_and_how_to_look() -> None:
    found = lines(
        Problem("mistakes/", "none", "write some"), Problem("mistakes/a b.ipynb", "x", "y", 0)
    )
    assert found[0] == "hw: not proved"
    assert found[2:7] == [
        " ✗  they lose",
        "      mistakes/: none",
        "        → write some",
        "      mistakes/a b.ipynb: x",
        "        → y",
    ]
    look = "grader grade 'assignments/hw/mistakes/a b.ipynb' --assignment hw --out proofs"
    assert found[-1] == f"    to look closer: {look}"


def test_a_problem_of_another_seed_names_it() -> None:
    found = lines(Problem("solution.ipynb", "x", "y", 2))
    assert "      solution.ipynb from seed 2: x" in found
    assert found[-1].endswith("solution.ipynb --assignment hw --initial-seed 2 --out proofs")


def test_the_report_fits_on_a_screen_and_steers_no_terminal() -> None:
    found = lines(*(Problem("f", "\x1b[31m" + "x" * 900, "y") for _ in range(MOST + 4)))
    assert len(found) < 20
    assert "      and 4 more; mend these first" in found
    assert not any("\x1b" in line or len(line) > 220 for line in found)
