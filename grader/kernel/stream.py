"""Printed text in pieces that the host will take.

ipykernel sends what was printed in a fifth of a second as one message, however long it is; one
over the host's limit would be lost as a whole, with all that was printed before it.
"""

from __future__ import annotations

from ipykernel.iostream import OutStream

PIECE = 1_000_000
"""Characters, before the stream is flushed."""


class PiecewiseStream(OutStream):
    """ipykernel's stream, flushed whenever a piece is full."""

    _unsent = 0

    def write(self, string: str) -> int:
        """Take text as ipykernel does, a piece at a time."""
        if not isinstance(string, str):
            return int(super().write(string))  # raises what everybody's stream raises
        self._unsent += len(string)
        if self._unsent < PIECE:
            return int(super().write(string))
        for start in range(0, len(string), PIECE):
            super().write(string[start : start + PIECE])
            self.flush()
        self._unsent = 0
        return len(string)
