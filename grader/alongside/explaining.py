"""What the last error means: what its line was working on, and the mistake that is known for it."""

from __future__ import annotations

from collections.abc import Iterator

from grader.alongside.desk import ALONE, Desk
from grader.alongside.runs import last_error
from grader.alongside.telling import Telling, sentence
from grader.diagnosing import by_id
from grader.facts import CellEnded
from grader.tutor.explain import HINTS_TOLD, UNKNOWN, Explained, of_run, words
from grader.tutor.faces import as_code, escaped, shortened
from grader.tutor.hints import RUNGS, Help

NONE = "No cell that ran here has ended with an error."


def explained(desk: Desk) -> Explained | None:
    """The error that the last cell raised which did, and has not run to its end since.

    Args:
        desk: knows what ran.
    """
    run = last_error(desk.runs())
    if run is None:
        return None
    evidence = desk.alone(run)
    here = [e.cell + 1 for e in evidence.of(ALONE, CellEnded)]
    names = {i + 1: f"In [{one.count}]" for i, one in desk.document().runs.items()}
    found = next((e for e in of_run(evidence, names) if e.ended in here), None)
    return found and found._replace(exercise=desk.exercise_of(run))


def in_a_notebook(found: Explained | None, help_: Help) -> Telling:
    """What an error means, with as much help as the instructor allows."""
    if found is None:
        return sentence(NONE)
    return Telling(words(found, help_), "\n".join(marked(found, help_)))


def marked(found: Explained, help_: Help) -> Iterator[str]:
    """An error for a notebook, with as much help as the instructor allows."""
    yield f"**{escaped(found.said)}**"
    yield ""
    if found.code:
        yield f"- *the line*: {as_code(shortened(found.code, 100))} ({escaped(found.where)})"
    if found.working_on:
        yield f"- *it worked on*: {escaped(shortened(found.working_on, 200))}"
    if found.follows:
        yield f"- {escaped(found.follows)}"
    if found.found is None:
        if not found.follows:
            yield f"- {escaped(UNKNOWN)}"
        return
    label = "the mistake" if found.found.certain else "possibly"
    hints = by_id()[found.found.id].hints
    yield f"- *{label}*: {escaped(found.found.title)}. {escaped(found.found.because)}"
    yield f"- *expected*: {escaped(found.found.expected)}"
    for rung, hint in zip(RUNGS, hints[: HINTS_TOLD[help_]], strict=False):
        yield f"- *{rung}*: {escaped(hint)}"
