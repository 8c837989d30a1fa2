"""Every component has a worked example of another problem, and each runs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from grader.catalogue import faults
from grader.tutor.worked_examples import EXAMPLES, worked_example

COMPONENTS = sorted({fault.component for fault in faults()})


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_component_has_an_example(component: str) -> None:
    told = worked_example(component)
    assert EXAMPLES[component].problem in told
    assert EXAMPLES[component].point in told


def test_what_nobody_knows_has_none() -> None:
    assert worked_example("") == worked_example("cooking") == ""


@pytest.mark.parametrize("component", EXAMPLES)
def test_an_example_is_short(component: str) -> None:
    problem, code, point = EXAMPLES[component]
    assert len(code.splitlines()) <= 12
    assert len(f"{problem} {point}".split()) <= 60
    assert max(map(len, code.splitlines())) <= 90


@pytest.mark.kernel
def test_every_example_runs_as_it_is() -> None:
    code = "\n".join(f"exec(compile({e.code!r}, {name!r}, 'exec'), {{'__name__': 'x'}})"
                     for name, e in EXAMPLES.items())  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
