"""Tensors that hold the places of all numbers of another one, in the order of those numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.evidence import Evidence
from grader.facts import OpSeen
from grader.results import flat
from grader.values import array

if TYPE_CHECKING:
    from grader.values import Array


def ranked_in(evidence: Evidence, op: OpSeen, values: Array) -> set[str]:
    """The inputs of an operation that rank some values, such as what `sort` gave in another cell.

    Args:
        evidence: where the operation is.
        op: whose inputs.
        values: of any shape; places count along it when it is flat.
    """
    return {
        ref for ref in flat(op.inputs) if isinstance(ref, str) and ranks(evidence, op, ref, values)
    }


def ranks(evidence: Evidence, op: OpSeen, reference: str, values: Array) -> bool:
    """Whether a tensor holds each place once, and the values rise or fall along them."""
    import numpy as np

    tensor = evidence.tensor(op, reference)
    places = None if tensor is None else array(tensor)
    if places is None or values.size < 2 or places.size != values.size:
        return False
    if not np.array_equal(np.sort(places.ravel()), np.arange(values.size)):
        return False
    along = np.diff(values.ravel()[places.ravel().astype(int)])
    return bool((along >= 0).all() or (along <= 0).all())
