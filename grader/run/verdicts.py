"""What became of a saved file, as one of a closed set of outcomes.

What could go wrong because we rebuilt a model otherwise than the notebook made it is never held
against a file: where the file holds the state of a model of the run, that model could take it
over, whatever ours says.
"""

from __future__ import annotations

import math
import posixpath
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Literal, NamedTuple

from grader.evidence import Evidence
from grader.facts import FileWritten, Loaded, ModelSeen, Reloaded, Saved
from grader.file_facts import Form, Outcome
from grader.run.live import Live
from grader.run.loading import Prediction, Read, Rebuilt
from grader.saved_states import (
    belongs_to_a_trained_one,
    in_vain,
    saved_first,
    trained_state,
    untrained_state,
)

MOST_NAMES = 20
MOST_COMPARED = 1024
"""Numbers of a prediction."""
FINE, COARSE = 1e-4, 2e-2
"""How far two predictions of one model may be apart, relatively; coarse for numbers of 16 bits,
which a model that is made again may hold in 32."""
HALVES = ("float16", "bfloat16")
MOST_TOLD = 200
"""Entries of a file that the loading process names."""


Compared = Literal["alike", "otherwise", "not_compared"]


class Tried(NamedTuple):
    """What a fresh process said of a file.

    Attributes:
        read: what it is and holds; None where the process ended over it.
        rebuilt: what was made of it; None where nothing was, or where the process ended over it.
        lost: why the process said no more.
        late: whether it took too long.
    """

    read: Read | None
    rebuilt: Rebuilt | None
    lost: str = ""
    late: bool = False


class Told(NamedTuple):
    """What was found of a file that was loaded; as the fields of `Reloaded` are called."""

    holds: Form | None = None
    state: str | None = None
    same_state: bool | None = None
    made: Literal["class", "whole", "script", "copy"] | None = None
    predicts: Compared = "not_compared"


NOTHING = Told()


def brought_along(evidence: Evidence, exercise: str) -> Iterator[Reloaded]:
    """What the exercise loaded from files that came with the hand-in and were not saved in it."""
    files = {posixpath.normpath(f.name) for f in evidence.header.files}
    for loaded in evidence.of(exercise, Loaded):
        path = posixpath.normpath(loaded.path or "")
        before = [s for s in evidence.everywhere(Saved) if s.seq < loaded.seq and s.path]
        if path in files and path not in {posixpath.normpath(s.path or "") for s in before}:
            why = "the file came with the hand-in, and the run had not saved it"
            yield Reloaded(cell=loaded.cell, exercise=exercise, path=loaded.path or "",
                           outcome="earlier_file", state=loaded.state, why=why)  # fmt: skip


def not_brought(saved: Saved, file: FileWritten) -> Reloaded:
    """A file whose bytes did not come out."""
    outcome: Outcome = "not_readable" if file.size is None else "too_large"
    return _fact(saved, outcome, file.why)


def of_file(evidence: Evidence, saved: Saved, tried: Tried, live: Live | None) -> Reloaded:
    """What a fresh process found.

    Args:
        evidence: of the run.
        saved: the claim that the file was saved.
        tried: what the process said.
        live: what the live model gave for the same inputs, where that is known.
    """
    read = tried.read
    if read is None:
        return _fact(saved, "not_readable", tried.lost)
    if read.too_large:
        return _fact(saved, "too_large", "what it becomes is more than is loaded")
    if read.unsafe:
        return _fact(saved, "unsafe_file", "reading it would run what no model is made of",
                     differs=read.unsafe)  # fmt: skip
    if read.holds is None:
        return _fact(saved, "not_readable", read.problem)
    if read.holds == "other":
        return _fact(saved, "not_readable", "it holds no state of a model", Told("other"))
    rebuilt = tried.rebuilt or Rebuilt(problem=tried.lost)
    return _of_state(evidence, saved, read, rebuilt, live)


def _of_state(
    evidence: Evidence, saved: Saved, read: Read, rebuilt: Rebuilt, live: Live | None
) -> Reloaded:
    """What a file that holds a state, or a model, is worth."""
    state = read.state if read.state is not None else rebuilt.state
    last = {m.handle: m.state for m in evidence.everywhere(ModelSeen) if m.cell <= saved.cell}
    same = None if state is None else state in last.values()
    predicts = compared(rebuilt, live)
    told = Told(read.holds, state, same, rebuilt.made, predicts)
    differs = [*rebuilt.missing, *rebuilt.unexpected, *rebuilt.shapes]
    early = saved_first(evidence, saved)
    known = early or untrained_state(evidence, state)
    trained = trained_state(evidence, saved, state) or in_vain(evidence, saved)
    if state is not None and known and not trained:
        if early or belongs_to_a_trained_one(evidence, state):
            return _fact(saved, "saved_before_training", "no model was trained to this state", told)
        return _fact(saved, "another_model", "it is the state of a model that was never trained",
                     told)  # fmt: skip
    if rebuilt.made is not None and predicts != "otherwise":
        return _fact(saved, "reloads", "", told)
    copied = copy_predicts(live)
    if copied == "alike":
        told = told._replace(made="copy", predicts=copied)
    if predicts == "otherwise":
        why = "what was made of it elsewhere predicts otherwise than the live model"
        return _fact(saved, "cannot_be_rebuilt", why, told)
    if copied == "alike" or known or not differs or fits_one(evidence, saved, read):
        why = rebuilt.problem or "an instance was made otherwise than the notebook made it"
        return _fact(saved, "cannot_be_rebuilt", why, told, rebuilt.problems)
    keys = rebuilt.missing or rebuilt.unexpected
    outcome: Outcome = "keys_differ" if keys else "shapes_differ"
    return _fact(saved, outcome, "no model of the notebook takes it over", told, differs)


def compared(rebuilt: Rebuilt, live: Live | None) -> Compared:
    """Whether one of the models that were made predicts what the live one does."""
    return alike([o[0] for o in rebuilt.outputs if o and not o[0].problem], live)


def copy_predicts(live: Live | None) -> Compared:
    """Whether a copy of the live model that took over the file's state predicts what that does."""
    made = live.copied if live is not None else None
    if made is None or made.values is None:
        return "not_compared"
    return alike([Prediction(shape=made.shape, values=made.values[:MOST_COMPARED])], live)


def alike(told: list[Prediction], live: Live | None) -> Compared:
    """Whether one of several predictions is that of the live model."""
    answer = live.answer if live is not None else None
    if answer is None or answer.values is None or not told:
        return "not_compared"
    own = answer.values[:MOST_COMPARED]
    rounding = COARSE if answer.dtype in HALVES else FINE
    scale = max([1.0, *(abs(v) for v in own if math.isfinite(v))])
    found = any(
        o.shape == answer.shape
        and len(o.values) == len(own)
        and all(map(partial(is_close, scale, rounding), o.values, own))
        for o in told
    )
    return "alike" if found else "otherwise"


def is_close(scale: float, rounding: float, one: float, other: float) -> bool:
    """Whether two numbers are the same but for rounding; scale is that of the largest."""
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return math.isclose(one, other, rel_tol=rounding, abs_tol=rounding / 10 * scale)


def fits_one(evidence: Evidence, saved: Saved, read: Read) -> bool:
    """Whether a model of the notebook has the entries of a file, as far as they are told."""
    if len(read.entries) >= MOST_TOLD:
        return True
    entries = {str(e[0]): e[1] for e in read.entries if isinstance(e, list) and len(e) == 2}
    models = [m for m in evidence.everywhere(ModelSeen) if m.cell <= saved.cell]
    return any(all(entries.get(n) == shape for n, shape in m.shapes) for m in models if m.shapes)


def _fact(
    saved: Saved, outcome: Outcome, why: str, told: Told = NOTHING, differs: Sequence[str] = ()
) -> Reloaded:
    """The fact about one file."""
    return Reloaded(
        cell=saved.cell, exercise=saved.exercise, line=saved.line, saved=saved.seq,
        path=saved.path or "", outcome=outcome, why=why, holds=told.holds, state=told.state,
        same_state=told.same_state, made=told.made, predicts=told.predicts,
        differs=[d[:120] for d in differs[:MOST_NAMES]],
    )  # fmt: skip
