"""Mistakes that a criterion holds against an answer which its check finds right."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from grader.asking import ask
from grader.catalogue import faults
from grader.check import Check
from grader.checks.loss_fits import LossFits
from grader.evidence import Evidence
from grader.fault import Fault
from grader.finding import Finding, passed
from grader.rubric import Criterion
from grader.spoilt import chargeable, spoilt


class Content(LossFits):
    """Finds everything right."""

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """Right."""
        return passed("it is there")


def criterion(*mistakes: str, check: Check | None = None) -> Criterion:
    return Criterion(id="3.a", exercise="3", title="it", points=2, check=check or Content(),
                     hints=["look"], mistakes=list(mistakes))  # fmt: skip


def made() -> list[tuple[Fault, Evidence, str]]:
    """A mistake of each sort that may cost points, as its own example makes it."""
    found = []
    for fault in faults():
        for example in fault.examples() if fault.id in chargeable() else ():
            if example.found and spoilt(example.evidence, example.exercise, [fault.id]):
                found.append((fault, example.evidence, example.exercise))
                break
    return found


MADE = made()


def test_all_mistakes_that_may_cost_points_but_two_have_an_example_for_certain() -> None:
    assert set(chargeable()) - {fault.id for fault, _, _ in MADE} == {"B03", "X02"}


@pytest.mark.parametrize(("fault", "evidence", "exercise"), MADE, ids=[f.id for f, _, _ in MADE])
def test_a_mistake_that_was_made_costs_half(
    fault: Fault, evidence: Evidence, exercise: str
) -> None:
    finding = ask(evidence, criterion(fault.id), exercise)
    assert (finding.verdict, finding.share, finding.because) == ("partly", 0.5, fault.title)
    assert ask(evidence, criterion(), exercise).verdict == "passed"


@pytest.mark.parametrize("name", ["Z99", "E02"])
def test_what_is_no_mistake_or_only_a_hint_may_not_stand_there(name: str) -> None:
    with pytest.raises(ValidationError, match=name):
        criterion(name)
