"""nbclient, with output counted as it comes."""

from __future__ import annotations

import asyncio
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete
from nbformat import NotebookNode
from traitlets import Int

KEPT_AS_IS = ("status", "execute_input", "error", "clear_output")


class CountingClient(NotebookClient):
    """Stops keeping a cell's output once it is over a limit, and says so.

    Attributes:
        output_bytes: how much one cell may write.
        output_messages: in how many pieces.
        flooded: set when it wrote more; cleared for each cell.
    """

    output_bytes = Int(20_000_000)
    output_messages = Int(20_000)

    def __init__(self, nb: NotebookNode, **options: Any) -> None:
        super().__init__(nb, **options)
        self.flooded = asyncio.Event()
        self._written = 0
        self._messages = 0

    def new_cell(self) -> None:
        """Start counting again."""
        self.flooded.clear()
        self._written = 0
        self._messages = 0

    def process_message(self, msg: Any, cell: NotebookNode, cell_index: int) -> Any:
        """Handle one message of a running cell as nbclient does, unless the cell floods."""
        if msg["msg_type"] not in KEPT_AS_IS:
            self._written += size(msg["content"])
            self._messages += 1
            if self._written > self.output_bytes or self._messages > self.output_messages:
                self.flooded.set()
                return None
        try:
            return super().process_message(msg, cell, cell_index)
        except CellExecutionComplete:
            raise
        except (KeyError, TypeError, AttributeError, ValueError):
            return None  # a message without the fields of its type: student code may send any


def size(content: Any) -> int:
    """Characters in the text of a message's content."""
    if isinstance(content, str):
        return len(content)
    if isinstance(content, dict):
        return sum(size(v) for v in content.values())
    if isinstance(content, list):
        return sum(size(v) for v in content)
    return 8
