"""The worked example of a component, in words."""

from __future__ import annotations

import textwrap

from grader.tutor.worked import models, numbers, training
from grader.tutor.worked.example import Worked

EXAMPLES: dict[str, Worked] = {**numbers.EXAMPLES, **models.EXAMPLES, **training.EXAMPLES}


def worked_example(component: str) -> str:
    """An example of another problem that needs the same idea; empty where there is none."""
    if component not in EXAMPLES:
        return ""
    problem, code, point = EXAMPLES[component]
    told = textwrap.indent(code.rstrip(), "    ")
    return f"An example of the same idea. {problem}\n\n{told}\n\n{point}\n"
