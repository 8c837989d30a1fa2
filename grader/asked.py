"""What an exercise answered to a challenge, and what it means that nobody did.

Several models or functions may have answered; the best one counts. Where none did because of us,
or because none takes such inputs, nobody loses a point by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from grader.evidence import Evidence
from grader.facts import Answered, CellRead, Challenged, ProbeFailed
from grader.finding import Finding, Verdict, failed, no_evidence
from grader.recipes import Recipe, Rows

BEST: tuple[Verdict, ...] = ("passed", "partly", "no_evidence", "failed")
NOBODY = {
    "model": "no model was made, called or trained in this exercise",
    "function": "nothing in this exercise can be called on one tensor",
}


class Given(NamedTuple):
    """Numbers that a model or function gave.

    Attributes:
        answer: the fact.
        inputs: how the inputs were made.
        rows: the outputs, one list for each input.
    """

    answer: Answered
    inputs: Recipe
    rows: Rows

    @property
    def who(self) -> str:
        """What answered, in words."""
        return name_of(self.answer)


def best_answer(
    evidence: Evidence, exercise: str, challenge: str, judge: Callable[[Given], Finding]
) -> Finding:
    """The best finding about an answer to a challenge, or what it means that there is none.

    Args:
        evidence: of the hand-in.
        exercise: that is judged.
        challenge: its id.
        judge: a finding about one answer.
    """
    asked = [c for c in evidence.of(exercise, Challenged) if c.challenge == challenge]
    if not asked:
        return not_asked(evidence, exercise, "it was not asked what its code makes of new inputs")
    answers = [a for a in evidence.of(exercise, Answered) if a.challenge == challenge]
    given = [g for a in answers if (g := numbers_of(a, asked[-1].inputs)) is not None]
    if not given:
        return nobody(evidence, exercise, asked[-1], answers)
    findings = [judge(g).model_copy(update={"strength": "challenged"}) for g in given]
    best = min(findings, key=lambda f: (BEST.index(f.verdict), -f.share))
    silent = any(a.ended == "silent" for a in answers) or asked[-1].problem or asked[-1].left_out
    if best.verdict == "failed" and silent:
        return no_evidence("not everything in this exercise answered", actual=best.actual)
    return best


def numbers_of(answer: Answered, inputs: Recipe) -> Given | None:
    """What was given, a row for each input; None where it was no numbers for each."""
    count = len(inputs.rows())
    values, shape = answer.values, answer.shape
    if answer.ended != "answered" or not values or not shape or shape[0] != count:
        return None
    width = len(values) // count
    rows = [values[i * width : (i + 1) * width] for i in range(count)]
    return Given(answer, inputs, rows)


def nobody(
    evidence: Evidence, exercise: str, asked: Challenged, answers: list[Answered]
) -> Finding:
    """What it means that nobody gave a number for each input."""
    if asked.problem:
        return not_asked(evidence, exercise, asked.problem)
    where = tuple(a.seq for a in answers)
    if not answers:
        for blind in evidence.of(exercise, ProbeFailed):
            if blind.probe in ("names", "models", "training", "recorder", "wire"):
                return no_evidence(f"models could not be seen: {blind.problem}")
        return failed(NOBODY[asked.ask], expected=f"a {asked.ask} that takes new inputs")
    wrong = [a for a in answers if is_wrong(a)]
    if len(wrong) < len(answers):
        unclear = next(a for a in answers if a not in wrong)
        return no_evidence(f"{name_of(unclear)} could not be tried on new inputs: {told(unclear)}")
    because = f"{name_of(wrong[0])} gives no answer for new inputs"
    return failed(because, where=where, expected="numbers for each input", actual=told(wrong[0]),
                  strength="challenged")  # fmt: skip


def is_wrong(answer: Answered) -> bool:
    """Whether an answer without a number for each input is the student's fault for certain.

    It is not where the inputs may be none that it takes, or where it waited.
    """
    if answer.ended == "raised":
        lacks = f"AttributeError: '{answer.type}' object has no attribute"
        return answer.error.startswith(("NotImplementedError", lacks))
    if answer.ended == "answered":
        return answer.shape == []
    return answer.ended != "silent"


def name_of(answer: Answered) -> str:
    """What answered, in words."""
    second = " of a further run" if answer.again else ""
    return f"the {answer.by} {answer.name or answer.type}{second}"


def told(answer: Answered) -> str:
    """What came of asking, in words."""
    if answer.ended == "answered":
        if answer.shape:
            return f"it gives numbers of shape {answer.shape}"
        return "it gives one number for all" if answer.values else f"it gives {answer.dtype}"
    return {"out_of_time": "it does not come to an end", "died": "it ends its process",
            "silent": "it waits", "raised": answer.error[:120]}[answer.ended]  # fmt: skip


def not_asked(evidence: Evidence, exercise: str, why: str) -> Finding:
    """Withheld, unless the hand-in's own code ended the run before."""
    written = {c.cell for c in evidence.of(exercise, CellRead) if c.written}
    lost = {"unreached", evidence.header.ending} - {"finished"}
    if any(e.ending in lost for e in evidence.endings(exercise) if e.cell in written):
        return failed(why)
    return no_evidence(why)


def shortened(numbers: Iterable[float]) -> str:
    """The first of some numbers, as a report shows them."""
    shown = [f"{n:.4g}" for _, n in zip(range(4), numbers, strict=False)]
    return ", ".join(shown)
