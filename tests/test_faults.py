"""Every fault proves itself by its examples, and is told in words that lead on."""

from __future__ import annotations

import re

import pytest

from grader.catalogue import faults
from grader.diagnosing import diagnose, folded, ordered
from grader.fault import STAGES, Example, Fault
from grader.finding import Diagnosis

FAULTS = {type(fault).__name__: fault for fault in faults()}
CASES = [
    pytest.param(fault, example, id=f"{fault.id}-{example.about}")
    for fault in faults()
    for example in fault.examples()
]
BANNED = re.compile(r"(?i)\b(just|simply|obviously|easy|easily|trivial|of course|you should)\b")
MOST_WORDS = (30, 40, 60)


@pytest.mark.parametrize(("fault", "example"), CASES)
def test_an_example_is_found_or_not_as_it_says(fault: Fault, example: Example) -> None:
    found = list(fault.find(example.evidence, example.exercise))
    assert bool(found) is example.found, found
    for diagnosis in found:
        assert diagnosis.id == fault.id
        assert diagnosis.exercise == example.exercise
        assert diagnosis.cell is not None
        assert diagnosis.observed
        assert diagnosis.expected
        assert diagnosis.because
        assert not diagnosis.because.endswith(".")


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_has_an_example_of_it_and_one_that_only_looks_like_it(name: str) -> None:
    assert {example.found for example in FAULTS[name].examples()} == {True, False}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_in_words_that_lead_on(name: str) -> None:
    fault = FAULTS[name]
    assert re.fullmatch(r"[A-Z]\d\d", fault.id)
    assert fault.stage in STAGES
    assert fault.severity in ("F", "W", "N")
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", fault.component)
    assert fault.title[:1].islower() or fault.title[:1] in "`\"'0123456789*" or "(" in fault.title
    assert len(fault.hints) == len(set(fault.hints)) == 3
    for hint, most in zip(fault.hints, MOST_WORDS, strict=True):
        assert hint.endswith((".", "?"))
        assert len(hint.split()) <= most
        assert not BANNED.search(hint)


def test_what_a_fault_folds_is_known() -> None:
    known = {fault.id for fault in faults()}
    for fault in faults():
        assert set(fault.folds) <= known, fault.id
        assert fault.id not in fault.folds


def one(name: str, severity: str = "F", *, certain: bool = True, cell: int = 1) -> Diagnosis:
    return Diagnosis.model_validate(
        {"id": name, "title": name, "severity": severity, "certain": certain, "exercise": "3",
         "cell": cell}
    )  # fmt: skip


def test_what_follows_from_a_cause_is_folded_under_it() -> None:
    first = next(fault for fault in faults() if fault.folds)
    follows = first.folds[0]
    told = folded([one(first.id), one(follows)])
    assert [(d.id, d.folds) for d in told] == [(first.id, [follows])]
    assert [d.id for d in folded([one(follows)])] == [follows]


def test_a_detector_that_fails_is_told_and_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(type(faults()[0])):  # type: ignore[misc]
        def find(self, evidence: object, exercise: str) -> object:
            raise ZeroDivisionError

    broken = Broken()
    monkeypatch.setattr("grader.diagnosing.faults", lambda: (broken, *faults()[1:]))
    example = next(e for e in faults()[1].examples() if e.found)
    told = diagnose(example.evidence, [example.exercise])
    assert faults()[1].id in {d.id for d in told.diagnoses}
    assert len(told.bugs) == 1
    assert "ZeroDivisionError" in told.bugs[0]


def test_what_is_wrong_comes_first_then_the_way_from_data_to_result() -> None:
    by_stage = sorted(faults(), key=lambda f: STAGES.index(f.stage))
    wrong = [one(fault.id) for fault in by_stage]
    told = ordered([one(by_stage[0].id, "N"), *reversed(wrong)])
    assert told[-1].severity == "N"
    assert [STAGES.index(FAULTS_BY_ID[d.id].stage) for d in told[:-1]] == sorted(
        STAGES.index(fault.stage) for fault in by_stage
    )


FAULTS_BY_ID = {fault.id: fault for fault in faults()}
