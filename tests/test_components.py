"""Components are a closed list, and rubrics and faults use nothing else."""

from __future__ import annotations

from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from grader.assignment import load_assignment
from grader.catalogue import faults
from grader.components import COMPONENTS, known, needs, title
from grader.course import known_assignments
from grader.keys import Keys
from grader.rubric import Rubric, load_rubric

ROOT = Path(__file__).parents[1]


def rubric(name: str) -> Rubric:
    return load_rubric(ROOT, load_assignment(ROOT, name))


def test_every_fault_is_about_a_component_of_the_list() -> None:
    assert {fault.component for fault in faults()} <= set(COMPONENTS)


@pytest.mark.parametrize("name", known_assignments(ROOT))
def test_every_criterion_of_the_course_names_its_component(name: str) -> None:
    assert [c.id for c in rubric(name).criteria if c.component is None] == []


def test_what_a_component_needs_is_in_the_list_and_never_leads_back() -> None:
    graph = {name: set(component.needs) for name, component in COMPONENTS.items()}
    assert set().union(*graph.values()) <= set(COMPONENTS)
    assert set(TopologicalSorter(graph).static_order()) == set(COMPONENTS)


def test_titles_are_short_and_say_different_things() -> None:
    titles = [component.title for component in COMPONENTS.values()]
    assert len(set(titles)) == len(titles)
    assert max(map(len, titles)) <= 32


def test_an_unknown_component_goes_by_its_name_and_needs_nothing() -> None:
    assert title("of-another-package") == "of-another-package"
    assert needs("of-another-package") == ()
    with pytest.raises(ValueError, match=r"no component 'loop-oder'; did you mean 'loop-order'\?"):
        known("loop-oder")


def test_what_only_the_tutor_reads_makes_no_record_stale() -> None:
    name = "01-workflow"
    asked = rubric(name)
    bare = asked.model_copy(update={
        "help": "closed",
        "kept": {"3": 2},
        "criteria": tuple(
            c.model_copy(update={"component": None, "given": not c.given}) for c in asked.criteria
        )
    })  # fmt: skip
    assert bare != asked
    assignment = load_assignment(ROOT, name)
    assert Keys.of("run", assignment, bare) == Keys.of("run", assignment, asked)
    dearer = asked.model_copy(update={
        "criteria": tuple(c.model_copy(update={"points": 99.0}) for c in asked.criteria)
    })  # fmt: skip
    assert Keys.of("run", assignment, dearer) != Keys.of("run", assignment, asked)
