"""nbclient, with output counted as it comes."""

from __future__ import annotations

import asyncio
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete
from nbformat import NotebookNode
from traitlets import Int

UNCOUNTED = ("status", "execute_input", "clear_output")
"""Of these, nothing is kept."""
RUN_BYTES = 10
"""So many times what one cell may write, all cells together may."""


class CountingClient(NotebookClient):
    """Stops keeping a cell's output once it is over a limit, and says so.

    Attributes:
        output_bytes: how much one cell may write.
        output_messages: in how many pieces.
        flooded: set when it wrote more; cleared for each cell.
        reply: the content of the kernel's reply to the last cell.
        lost: set when the rest of the running cell's output will never come.
    """

    output_bytes = Int(20_000_000)
    output_messages = Int(20_000)

    def __init__(self, nb: NotebookNode, **options: Any) -> None:
        super().__init__(nb, **options)
        self.flooded = asyncio.Event()
        self.lost = asyncio.Event()
        self._written = 0
        self._messages = 0
        self._in_all = 0
        self.reply: dict[str, Any] = {}
        self.on_cell_executed = self._executed

    def _executed(self, execute_reply: dict[str, Any], **_: Any) -> None:
        """Keep how the kernel says that a cell ended; what it displayed may be made up."""
        content = execute_reply.get("content")
        self.reply = content if isinstance(content, dict) else {}

    def new_cell(self) -> None:
        """Start counting again."""
        self.reply = {}
        self.flooded.clear()
        self.lost.clear()
        self._written = 0
        self._messages = 0

    async def _async_poll_output_msg(
        self, parent_msg_id: str, cell: NotebookNode, cell_index: int
    ) -> None:
        """Take a cell's output as nbclient does, until all of it is there or lost."""
        taking = asyncio.ensure_future(
            super()._async_poll_output_msg(parent_msg_id, cell, cell_index)
        )
        lost = asyncio.ensure_future(self.lost.wait())
        try:
            await asyncio.wait({taking, lost}, return_when=asyncio.FIRST_COMPLETED)
            if taking.done():
                taking.result()
        finally:
            taking.cancel()
            lost.cancel()

    def process_message(self, msg: Any, cell: NotebookNode, cell_index: int) -> Any:
        """Handle one message of a running cell as nbclient does, unless the cell floods."""
        if msg["msg_type"] not in UNCOUNTED:
            left = min(
                self.output_bytes - self._written, RUN_BYTES * self.output_bytes - self._in_all
            )
            new = size(msg["content"])
            self._written += new
            self._messages += 1
            if new > left or self._messages > self.output_messages:
                self.flooded.set()
                if left <= 0 or not cut(msg, left):
                    return None
            self._in_all += min(new, left)
        try:
            return super().process_message(msg, cell, cell_index)
        except CellExecutionComplete:
            raise
        except Exception:  # broad: student code may send anything, and nbformat may refuse it
            return None


def cut(message: dict[str, Any], length: int) -> bool:
    """Cut the text of a stream; whether there was any: the beginning of a flood still counts."""
    text = message["content"].get("text")
    if message["msg_type"] != "stream" or not isinstance(text, str):
        return False
    message["content"]["text"] = text[:length]
    return True


def size(content: Any) -> int:
    """Characters in the text of a message's content; what is no text counts as what it takes."""
    if isinstance(content, str):
        return len(content)
    if isinstance(content, dict):
        return 64 + sum(len(k) + size(v) for k, v in content.items())
    if isinstance(content, list):
        return 64 + sum(size(v) for v in content)
    return 8
