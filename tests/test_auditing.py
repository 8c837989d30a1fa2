"""What an audit makes of runs, from grades written by hand."""

from __future__ import annotations

import pytest

from grader.audit import AS_IT_IS, Audit, Part, Ran
from grader.auditing import audit, place_of
from grader.catalogue import variations
from grader.diagnosing import by_id
from grader.finding import Diagnosis
from grader.grade import Grade, Mark
from grader.mutating import Planted
from grader.reports.audit import audit_report
from grader.reports.audit_page import audit_page
from grader.rubric import Rubric

FAULT, WEAK = (
    next(f for f in by_id().values() if f.severity == severity) for severity in ("F", "W")
)
WAY = variations()[0]
CRITERIA = ("1.a", "1.b", "2.a")


def rubric() -> Rubric:
    criteria = [
        {"id": c, "exercise": c[0], "title": c, "points": 2, "core": True,
         "check": {"kind": "runs_clean"}, "hints": ["Look.", "Look again."]}
        for c in CRITERIA
    ]  # fmt: skip
    return Rubric.of_data({"assignment": "hw", "criteria": criteria})


def grade(found: tuple[Diagnosis, ...] = (), person: str = "", **verdicts: str) -> Grade:
    """A grade whose criteria are passed, but for those told otherwise: `a1` stands for `1.a`."""
    share = {"passed": 1.0, "partly": 0.5}
    marks = []
    for criterion in CRITERIA:
        verdict = verdicts.get(criterion[2] + criterion[0], "passed")
        earned = share.get(verdict, 0.0)
        marks.append(Mark.model_validate({
            "criterion": criterion, "exercise": criterion[0], "core": True, "verdict": verdict,
            "share": earned, "earned": 2 * earned, "possible": 2, "because": f"it is {verdict}",
            "expected": "", "actual": "", "strength": "observed", "where": [], "cells": [],
        }))  # fmt: skip
    return Grade.model_validate({
        "schema": "grader/grade/v1", "assignment": "hw", "student": "s", "submission": "0" * 64,
        "earned": sum(m.earned for m in marks), "withheld": 0, "possible": 6, "final": True,
        "ending": "finished", "needs_a_person": [person] if person else [], "exercises": [],
        "marks": marks, "diagnoses": list(found),
    })  # fmt: skip


def diagnosis(name: str, exercise: str = "1", severity: str = "F") -> Diagnosis:
    return Diagnosis.model_validate(
        {"id": name, "title": name, "severity": severity, "certain": True, "exercise": exercise,
         "cell": 1, "observed": "two", "expected": "one"}
    )  # fmt: skip


def ran(part: Part, by: str, of: Grade, *, salt: int = 0, same: bool = False) -> Ran:
    """A run of a hand-in that is changed, if `by` says so."""
    change = Planted(by, "so", ("1",), (), "code cell 1\n-a\n+b") if by else AS_IT_IS
    return Ran(part, "solution.ipynb", salt, change, of, same)


def mutant(of: Grade, *, same: bool = False) -> Ran:
    return ran("mutant", FAULT.id, of, same=same)


def audited(*runs: Ran) -> Audit:
    solutions = [ran("solution", "", grade(), salt=salt) for salt in range(3)]
    all_of_them = [*(() if any(r.part == "solution" for r in runs) else solutions), *runs]
    return audit("Homework", rubric(), all_of_them, by_id().values(), variations())


def text(found: Audit) -> str:
    return "\n".join(line.text for line in audit_report(found))


def test_a_mistake_that_costs_nothing_survives() -> None:
    found = audited(mutant(grade(a1="failed")), mutant(grade()), mutant(grade(b1="partly")))
    assert (found.counted, found.lost) == (3, 2)
    assert [one.by for one in found.survivors] == [FAULT.id]
    assert found.survivors[0].diff == "code cell 1\n-a\n+b"
    assert not found.holds(67)
    assert found.holds(66)
    said = text(found)
    assert "hw: 2 of 3 mistakes lose points (66.7 %)" in said
    assert "1 of 3 mistakes cost nothing" in said
    assert f"{FAULT.id}, so in exercise 1 of solution.ipynb" in said
    assert "+b" in said


def test_points_that_are_withheld_are_not_lost() -> None:
    found = audited(mutant(grade(a1="no_evidence", person="somebody should look")))
    assert [m.criterion for m in found.survivors[0].marks] == ["1.a"]
    assert "1.a is no_evidence" in text(found)


def test_what_does_the_same_is_no_mistake() -> None:
    found = audited(mutant(grade(a1="failed")), mutant(grade(), same=True))
    assert (found.counted, found.lost, len(found.same)) == (1, 1, 1)
    assert found.survivors == []
    assert found.faults[0].same == 1
    assert "1 more do what the solution does" in text(found)


def test_a_mistake_that_works_by_luck_need_not_cost_anything() -> None:
    found = audited(ran("mutant", WEAK.id, grade()))
    assert (found.counted, found.survivors, found.percent) == (0, [], None)
    assert [f.id for f in found.faults] == [WEAK.id]


def test_a_harmless_place_in_another_exercise_excuses_no_planted_mistake() -> None:
    elsewhere, here = (grade((diagnosis(FAULT.id, e, "W"),)) for e in ("2", "1"))
    found = audited(mutant(elsewhere), mutant(here))
    assert (found.counted, len(found.survivors)) == (1, 1)


def test_a_mistake_that_is_harmless_where_it_was_planted_need_not_cost_anything() -> None:
    harmless = mutant(grade((diagnosis(FAULT.id, severity="N"),)))
    found = audited(harmless, mutant(grade((diagnosis(FAULT.id),))))
    assert (found.counted, found.lost, len(found.survivors)) == (1, 0, 1)


def test_a_variant_judged_otherwise_is_told_with_its_criterion() -> None:
    found = audited(mutant(grade(a1="failed")), ran("variant", WAY.name, grade(a2="failed")),
                    ran("variant", WAY.name, grade()))  # fmt: skip
    assert [[m.criterion for m in one.marks] for one in found.punished] == [["2.a"]]
    assert [(v.variants, v.unchanged) for v in found.variations] == [(2, 1)]
    assert not found.holds(0)
    assert "2.a is failed: it is failed" in text(found)


def test_a_variant_about_which_a_person_is_asked_is_told() -> None:
    found = audited(ran("variant", WAY.name, grade(person="somebody should look")))
    assert found.punished[0].person == "somebody should look"
    assert "a person is asked: somebody should look" in text(found)


def test_what_the_solution_loses_itself_is_no_loss_of_a_mutant() -> None:
    own = [ran("solution", "", grade(a1="failed"), salt=salt) for salt in range(3)]
    found = audited(*own, mutant(grade(a1="failed")), mutant(grade(a1="failed", b1="failed")),
                    ran("variant", WAY.name, grade(a1="failed")))  # fmt: skip
    assert (found.counted, found.lost) == (2, 1)
    assert found.punished == []


def test_criteria_that_nothing_loses_are_named() -> None:
    runs = [mutant(grade(a1="failed")), ran("mistake", "", grade(b1="not_attempted"))]
    assert audited(*runs).never == ["1.b", "2.a"]
    assert audited(*runs, ran("mistake", "", grade(b1="partly", a2="failed"))).never == []
    assert audited(mutant(grade(a1="failed"), same=True)).never == list(CRITERIA)


def test_criteria_that_are_always_lost_together_are_told() -> None:
    both = mutant(grade(a1="failed", b1="failed"))
    assert audited(both, both).together == []
    [group] = audited(both, both, both).together
    assert (group.criteria, group.hand_ins) == (("1.a", "1.b"), 3)
    assert audited(both, both, both, ran("mistake", "", grade(b1="failed"))).together == []


def test_a_verdict_that_hangs_on_the_seed_is_told() -> None:
    own = [ran("solution", "", grade(a1=v), salt=s) for s, v in enumerate(("passed", "failed"))]
    [one] = audited(*own).unsteady
    assert (one.name, one.criterion, one.verdicts) == (
        "solution.ipynb", "1.a", ("passed", "failed")
    )  # fmt: skip
    assert "1.a is passed, failed" in text(audited(*own))
    assert audited().unsteady == []


def test_what_is_diagnosed_in_correct_work_is_told_once() -> None:
    blamed = grade((diagnosis(FAULT.id), diagnosis(WEAK.id, severity="W")))
    own = [ran("solution", "", blamed, salt=salt) for salt in range(3)]
    found = audited(*own, ran("variant", WAY.name, blamed))
    assert [(one.what, one.found.id) for one in found.accused] == [
        ("", FAULT.id), (f"{WAY.name}: so", FAULT.id)
    ]  # fmt: skip
    assert audited().accused == []


def test_how_many_mutants_are_diagnosed_as_what_they_are() -> None:
    other = [f for f in by_id() if f != FAULT.id][:3]
    found = audited(
        mutant(grade((diagnosis(FAULT.id),), a1="failed")),
        mutant(grade((diagnosis(other[0]), diagnosis(FAULT.id)), a1="failed")),
        mutant(grade(tuple(map(diagnosis, other)), a1="failed")),
    )
    assert [(f.id, f.first, f.three) for f in found.faults] == [(FAULT.id, 1, 2)]


@pytest.mark.parametrize(
    ("found", "place"),
    [(["T01"], 1), (["X01", "T01"], 2), (["X01"], 0), ([], 0)],
)  # fmt: skip
def test_the_place_of_a_mistake_among_what_is_diagnosed(found: list[str], place: int) -> None:
    assert place_of("T01", [diagnosis(name) for name in found], ["1"]) == place


def test_the_best_place_counts() -> None:
    told = [diagnosis("X01", "1"), diagnosis("N01", "2", "N"), diagnosis("T01", "2")]
    assert place_of("T01", told, ["1"]) == 2
    assert place_of("T01", told, ["2"]) == 1


def test_what_this_machine_failed_to_run_shows_nothing() -> None:
    failed = grade().model_copy(update={"ending": "host_failed"})
    assert audited(mutant(failed)).faults == []


def test_without_a_solution_nothing_is_said_of_the_rubric() -> None:
    found = audit("Homework", rubric(), [], by_id().values(), variations())
    assert "there is no solution to plant a mistake in" in text(found)
    assert not found.holds(0)
    assert "There is no solution to plant a mistake in." in audit_page(found)


def test_the_page_tells_all_of_it_and_nothing_of_a_hand_in_is_markup() -> None:
    diff = "code cell 1\n-<b>old</b>\n+\u202enew"
    change = Planted(FAULT.id, "<i>so</i>", ("1",), (), diff)
    bold = grade(a1="failed").marks[0].model_copy(update={"because": "<b>bold</b>"})
    variant = grade(a1="failed").model_copy(update={"marks": [bold, *grade().marks[1:]]})
    page = audit_page(audited(
        Ran("mutant", "solution.ipynb", 0, change, grade()),
        *[mutant(grade(a1="failed", b1="failed"))] * 3, mutant(grade(), same=True),
        ran("variant", WAY.name, variant),
        ran("variant", WAY.name, grade((diagnosis(FAULT.id),))),
    ))  # fmt: skip
    for said in ("75.0 %", "&lt;i&gt;so&lt;/i&gt;", "-&lt;b&gt;old&lt;/b&gt;", "⟨U+202E⟩new",
                 "&lt;b&gt;bold&lt;/b&gt;", "by 3 hand-ins", WAY.changes, FAULT.title,
                 "Mistakes that cost nothing", "Mistakes diagnosed in correct work",
                 "Mutants that do what their solution does", "script-src 'none'"):  # fmt: skip
        assert said in page, said
    assert "<b>old" not in page
    assert "<b>bold" not in page
