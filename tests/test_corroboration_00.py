"""Chapter 00: every criterion that rests on claims has something that can speak against them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader.assignment import load_assignment
from grader.corroboration.corroborate import corroborated
from grader.evidence import Evidence, number
from grader.facts import CellRead, Doubted, Fact, OpSeen, OutputSeen, SeedSet, SeedUsed, TensorSeen
from grader.footing import rests_on
from grader.grade import judge, mark
from grader.grading import Batch, gather
from grader.rubric import load_rubric
from grader.run.replaying import Replaying
from grader.sandboxes.sandbox import Sandbox

pytestmark = pytest.mark.kernel

COURSE = Path(__file__).parents[1]
ASSIGNMENT = load_assignment(COURSE, "00-fundamentals")
RUBRIC = load_rubric(COURSE, ASSIGNMENT)
SAMPLES = sorted((COURSE / "submissions" / ASSIGNMENT.id).glob("*/*.ipynb"))

Forgery = Callable[[Fact], Fact]


def other_result(exercise: str, op: str, which: int = 0) -> Callable[[Evidence], Evidence]:
    """Another number in what the exercise's call of that name gave."""

    def forge(evidence: Evidence) -> Evidence:
        call = [o for o in evidence.of(exercise, OpSeen) if o.op == op][which]
        result = evidence.tensor(call, call.outputs[0])
        assert result is not None
        first, *rest = result.values or []
        forged = result.model_copy(update={"values": [first + 1, *rest]})
        return replaced(evidence, lambda f: forged if f.seq == result.seq else f)

    return forge


def other_seed(exercise: str) -> Callable[[Evidence], Evidence]:
    """Draws that claim another seed than they were drawn under."""

    def forge(fact: Fact) -> Fact:
        if fact.exercise != exercise or not isinstance(fact, OpSeen) or fact.seed is None:
            return fact
        return fact.model_copy(update={"seed": SeedUsed(generator="cpu", value=99)})

    return lambda evidence: replaced(evidence, forge)


def other_code(exercise: str, source: str) -> Callable[[Evidence], Evidence]:
    """Code that does something else than what was told of it."""

    def forge(fact: Fact) -> Fact:
        written = isinstance(fact, CellRead) and fact.exercise == exercise
        return fact.model_copy(update={"source": source}) if written else fact

    return lambda evidence: replaced(evidence, forge)


def replaced(evidence: Evidence, forge: Forgery) -> Evidence:
    return Evidence(header=evidence.header, facts=tuple(map(forge, evidence.facts)))


def without_outputs(evidence: Evidence) -> Evidence:
    """The same, of code that shows nothing."""
    facts = (f for f in evidence.facts if not isinstance(f, OutputSeen))
    return Evidence(header=evidence.header, facts=number(facts))


FORGED = {
    "2.tensor": other_result("2", "rand"),
    "3.product": other_result("3", "matmul"),
    "4.tensors": other_result("4", "rand"),
    "4.product": other_result("4", "matmul"),
    "4.seed": other_seed("4"),
    "4.numbers": other_result("4", "matmul"),
    "5.call": other_code("5", "torch.manual_seed(1234)"),
    "5.value": other_code("5", "torch.cuda.manual_seed(42)"),
    "6.tensors": other_result("6", "to"),
    "6.seed": other_seed("6"),
    "6.first": other_result("6", "rand", 0),
    "6.second": other_result("6", "rand", 1),
    "7.product": other_result("7", "matmul"),
    "8.max": other_result("8", "max"),
    "8.min": other_result("8", "min"),
    "9.argmax": other_result("9", "argmax"),
    "9.argmin": other_result("9", "argmin"),
    "10.squeezed": other_result("10", "squeeze"),
    "10.seed": other_seed("10"),
    "10.numbers": other_result("10", "rand"),
}


@pytest.fixture(scope="module")
def replay(fence: Sandbox) -> Iterator[Replaying]:
    with Replaying(fence) as process:
        yield process


def evidence_of(path: Path, fence: Sandbox, replay: Replaying | None = None) -> Evidence:
    batch = Batch(ASSIGNMENT, RUBRIC, path.parent, fence, replay=replay)
    evidence, _ = gather(path, "s", batch, lambda done, total: None)
    return evidence


@pytest.fixture(scope="module")
def solution(fence: Sandbox) -> Evidence:
    return evidence_of(COURSE / "assignments" / ASSIGNMENT.id / "solution.ipynb", fence)


def test_every_criterion_that_rests_on_claims_has_a_forgery(solution: Evidence) -> None:
    marks = mark(solution, judge(solution, RUBRIC, ASSIGNMENT), ASSIGNMENT).marks
    assert [m.criterion for m in marks if m.strength == "claimed"] == list(FORGED)


@pytest.mark.parametrize("criterion", FORGED)
def test_a_claim_that_contradicts_is_doubted(
    criterion: str, solution: Evidence, replay: Replaying
) -> None:
    forged = FORGED[criterion](solution)
    assert forged != solution
    for evidence in (forged, without_outputs(forged)):
        doubts = corroborated(evidence, replay).everywhere(Doubted)
        assert {d.exercise for d in doubts} == {criterion.partition(".")[0]}


def test_a_seed_that_was_never_set_is_doubted(solution: Evidence, replay: Replaying) -> None:
    """The same, where code that sets no seed at all is told to have done so."""

    def forge(fact: Fact) -> Fact:
        if isinstance(fact, CellRead):
            source = "\n".join(li for li in fact.source.splitlines() if "seed" not in li.lower())
            return fact.model_copy(update={"source": source})
        return fact

    doubts = corroborated(replaced(solution, forge), replay).everywhere(Doubted)
    seeds = {s.exercise for s in solution.everywhere(SeedSet)}
    assert {d.exercise for d in doubts} == seeds


def test_the_solution_is_borne_out_completely(solution: Evidence, replay: Replaying) -> None:
    evidence = corroborated(solution, replay)
    grade = mark(evidence, judge(evidence, RUBRIC, ASSIGNMENT), ASSIGNMENT)
    assert not evidence.everywhere(Doubted)
    assert rests_on(grade, evidence) == {
        "observed": 3, "challenged": 0, "corroborated": 97, "claimed": 0
    }  # fmt: skip


def test_what_is_said_of_claims_changes_no_verdict(solution: Evidence, replay: Replaying) -> None:
    with_more = corroborated(solution, replay)
    before, after = (
        mark(e, judge(e, RUBRIC, ASSIGNMENT), ASSIGNMENT) for e in (solution, with_more)
    )
    assert before == after


@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: p.parent.name)
def test_honest_hand_ins_raise_no_doubt(path: Path, fence: Sandbox, replay: Replaying) -> None:
    evidence = evidence_of(path, fence, replay)
    assert not evidence.everywhere(Doubted)
    grade = mark(evidence, judge(evidence, RUBRIC, ASSIGNMENT), ASSIGNMENT)
    assert rests_on(grade, evidence)["claimed"] == 0


def test_a_forged_tensor_that_no_call_gave_bears_nothing_out(
    solution: Evidence, replay: Replaying
) -> None:
    """Where calls are left out and results are told alone, points rest on bare claims."""
    kept = [f for f in solution.facts if not isinstance(f, OpSeen) or f.exercise != "7"]
    hidden = [
        f.model_copy(update={"values": [9.0, 9.0, 9.0, 9.0]})
        if isinstance(f, TensorSeen) and f.exercise == "7" and f.shape == [2, 2] else f
        for f in kept
    ]  # fmt: skip
    evidence = corroborated(Evidence(header=solution.header, facts=number(hidden)), replay)
    assert {d.exercise for d in evidence.everywhere(Doubted)} == {"7"}  # the output says otherwise
