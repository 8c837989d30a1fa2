"""Which states the models of a hand-in had, and which of them after a training."""

from __future__ import annotations

from grader.evidence import Evidence
from grader.facts import ModelSeen, Saved, TrainingSeen


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
    return state in states or saved.cell in training_cells(evidence)


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


def training_cells(evidence: Evidence) -> set[int]:
    """The cells in which a training changed a model."""
    return {t.cell for t in evidence.everywhere(TrainingSeen) if t.moved}
