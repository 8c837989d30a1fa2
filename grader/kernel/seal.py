"""Shows the host that facts are as the probes left them.

A fact is told through functions and sockets that a hand-in can replace. So the answer to the
host's question carries a seal over the question and the facts, made with a key that only the host
knows besides. Facts that were changed on their way, or that another answers with, bear none; nor
do facts of a process in which what watches was changed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from hashlib import blake2b
from operator import is_
from typing import Any

from .recorder import Fact, Recorder

KEY_BYTES = 32
WATCHING = ("apart", "callables", "challenge", "copying", "doors", "launch", "observer", "probes",
            "recorder", "seal", "tripwire")  # fmt: skip
"""Modules of ours that nobody else has cause to change."""
LEANT_ON = ("torch.utils.weak", "torch.overrides", "_collections_abc", "contextlib", "weakref")
"""Modules of libraries whose classes the probes keep things in."""


class Seal:
    """Seals answers as long as nobody changed what makes them.

    Args:
        recorder: knows whether it was misused.

    Attributes:
        key: for the host alone, before any code of a student's runs.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.key = os.urandom(KEY_BYTES)
        self._recorder = recorder
        self._untouched = unchanged()

    def of(self, question: str, facts: list[Fact]) -> str:
        """The seal of an answer to a question; empty where what watches was changed."""
        if self._recorder.misused or not self._untouched():
            return ""
        return blake2b(repr([question, facts]).encode(), key=self.key).hexdigest()


def unchanged() -> Callable[[], bool]:
    """Tells from now on whether what watches, and what it leans on, is as it is now."""
    inner = tuple(f"{__package__}.{name}" for name in WATCHING)
    found = [vars(m) for name, m in sys.modules.items() if name.startswith(inner)]
    places = [*found, *(vars(sys.modules[n]) for n in LEANT_ON if n in sys.modules)]
    classes = {v for names in places for v in names.values() if isinstance(v, type)}
    ours = (*inner, *LEANT_ON, "collections.abc")
    watched: list[Any] = [*found, *(vars(c) for c in classes if c.__module__.startswith(ours))]
    kept = [(now, dict(now)) for now in watched]

    def look() -> bool:
        return all(all(map(is_, map(now.get, then), then.values())) for now, then in kept)

    return look
