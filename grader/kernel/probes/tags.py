"""Something remembered of tensors for as long as each exists, at a fraction of a microsecond.

Keyed by the address of the tensor itself, beneath Python's object for it, which may come and go.
torch keeps that address from being given to another tensor for as long as a weak reference to it
is held, and one is held here; so an entry that is found is this tensor's. The road not taken,
`WeakTensorKeyDictionary`, costs ten times as much, at several look-ups for each torch call.
"""

from __future__ import annotations

from typing import Any

SWEEP_AT = 1000


class TensorTags:
    """A value for each of some tensors.

    Args:
        torch: the torch module.

    Attributes:
        known: by address, a weak reference and what is remembered; some may be gone.
    """

    def __init__(self, torch: Any) -> None:
        self._weak = torch._C._WeakTensorRef
        self._quiet = torch._C.DisableTorchFunction
        self.known: dict[int, tuple[Any, str]] = {}
        self._sweep_at = SWEEP_AT

    def get(self, tensor: Any) -> str | None:
        """What was remembered of a tensor, if anything."""
        with self._quiet():  # no class of the student's, and no mode, is asked for the address
            known = self.known.get(tensor._cdata)
        return None if known is None else known[1]

    def set(self, tensor: Any, tag: str) -> None:
        """Remember something of a tensor; what was known before is replaced."""
        with self._quiet():
            self.known[tensor._cdata] = (self._weak(tensor), tag)
        if len(self.known) > self._sweep_at:
            self._sweep()

    def drop(self, tensor: Any) -> None:
        """Forget what was remembered of a tensor."""
        with self._quiet():
            self.known.pop(tensor._cdata, None)

    def _sweep(self) -> None:
        """Forget the tensors that are gone; next when there are twice as many as remain."""
        for gone in [k for k, v in self.known.items() if v[0].expired()]:
            del self.known[gone]
        self._sweep_at = max(SWEEP_AT, 2 * len(self.known))
