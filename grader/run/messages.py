"""Messages of a kernel nobody trusts, looked at before Python makes objects of them.

A list of empty lists takes three characters an element in a message and sixty bytes in memory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import islice
from typing import Any

from jupyter_client.session import Session

MOST_ELEMENTS = 1_000_000
"""Of one message; the largest that our own probes send have less than half."""
HEADER_BYTES = 2**16
"""Of a message's header, and of that of the message it answers."""
ELEMENT = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\Z)|[\[{,]', re.DOTALL)
"""A text, which may hold brackets and commas, or what stands before an element."""


class WarySession(Session):
    """Takes messages to pieces as Jupyter does, but for those that would take too much memory.

    Args:
        overflow: called for each that is dropped; nothing of its content is kept.
    """

    def __init__(self, overflow: Callable[[], None], **traits: Any) -> None:
        super().__init__(**traits)
        self._overflow = overflow
        self.unpack = self._unpack_some

    def deserialize(
        self, msg_list: list[Any], content: bool = True, copy: bool = True
    ) -> dict[str, Any]:
        """One message.

        Raises:
            ValueError: it is none.
        """
        if any(len(part) > HEADER_BYTES for part in msg_list[1:3]):
            raise ValueError("a header that is no header")
        return super().deserialize(msg_list, content, copy)

    def _unpack_some(self, data: bytes) -> Any:
        if has_too_many_elements(data):
            self._overflow()
            return {}
        return json.loads(data.decode("utf-8", "replace"))


def has_too_many_elements(data: bytes) -> bool:
    """Whether JSON holds more than MOST_ELEMENTS texts, lists, objects and commas."""
    if 3 * sum(data.count(mark) for mark in (b",", b"[", b"{")) < MOST_ELEMENTS:
        return False  # a key and a text for each of them, at most
    return next(islice(ELEMENT.finditer(data), MOST_ELEMENTS, None), None) is not None
