"""Which states the models of a hand-in had, and which of them after a training."""

from __future__ import annotations

from grader.evidence import Evidence
from grader.facts import CellRead, ModelSeen, Saved, TrainingSeen
from grader.running_order import runs_before

SAVES = ("save", "dump", "save_file", "dumps", "save_model")
TRAINS = ("backward", "step", "zero_grad")


def trained_state(evidence: Evidence, saved: Saved, state: str | None) -> bool:
    """Whether a state is one that some model had when it had been trained.

    Args:
        evidence: of the run.
        saved: when the state was saved.
        state: its digest; the claim's, or that of the file.
    """
    since: dict[str, int] = {}
    for fact in evidence.facts[: saved.seq]:
        if isinstance(fact, TrainingSeen) and fact.moved and fact.model is not None:
            since.setdefault(fact.model, fact.cell)
    states = {m.state for m in evidence.everywhere(ModelSeen)
              if m.cell >= since.get(m.handle, m.cell + 1)}  # fmt: skip
    if state in states:
        return True
    own = [t for t in evidence.everywhere(TrainingSeen) if t.moved and t.cell == saved.cell]
    return not all(is_before(evidence, saved, t) for t in own) and not had_before(
        evidence, saved, state
    )


def is_before(evidence: Evidence, saved: Saved, training: TrainingSeen) -> bool:
    """Whether a state was saved before a training of the same cell, as far as its code tells."""
    source = next(c.source for c in evidence.everywhere(CellRead) if c.cell == saved.cell)
    return runs_before(source, saved.line, training.line, calls=SAVES, then=TRAINS)


def had_before(evidence: Evidence, saved: Saved, state: str | None) -> bool:
    """Whether a model had a state when an earlier cell ended."""
    seen = evidence.everywhere(ModelSeen)
    return state is not None and any(m.state == state for m in seen if m.cell < saved.cell)


def saved_first(evidence: Evidence, saved: Saved) -> bool:
    """Whether a state was saved before any training, in the cell of the first one."""
    trainings = [t for t in evidence.everywhere(TrainingSeen) if t.moved is not False]
    own = [t for t in trainings if t.cell == saved.cell]
    return bool(own) and all(
        t.cell > saved.cell or (t in own and is_before(evidence, saved, t)) for t in trainings
    )


def in_vain(evidence: Evidence, saved: Saved) -> bool:
    """Whether models were trained before something was saved, and none was changed by it."""
    before = [f for f in evidence.facts[: saved.seq] if isinstance(f, TrainingSeen)]
    return bool(before) and all(t.moved is False for t in before)


def untrained_state(evidence: Evidence, state: str | None) -> bool:
    """Whether a state is one that some model had, as far as is known."""
    return state in {m.state for m in evidence.everywhere(ModelSeen)}


def belongs_to_a_trained_one(evidence: Evidence, state: str | None) -> bool:
    """Whether a model that had a state is trained anywhere in the hand-in."""
    trained = {t.model for t in evidence.everywhere(TrainingSeen) if t.moved}
    had = {m.handle for m in evidence.everywhere(ModelSeen) if m.state == state}
    return not trained or bool(had & trained)
