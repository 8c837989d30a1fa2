"""Takes down what a cell prints and shows, on its way to the notebook.

What the student sees is what it would be: the stream and the shell's two ways to show something
do what they do, and are looked at.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

MOST_TEXT = 2_000_000
"""Characters of one cell that are kept."""
MOST_OUTPUTS = 2_000

Output = dict[str, Any]


class Listening:
    """Hears one cell at a time.

    Args:
        shell: the kernel's shell.
        ours: tells whether a text is one of the grader's own, which no cell showed.
    """

    def __init__(self, shell: Any, ours: Callable[[str], bool]) -> None:
        self._ours = ours
        self._heard: list[Output] = []
        self._room = MOST_TEXT
        self._streams: list[tuple[Any, Any, Any]] = []
        hook, publisher = shell.displayhook, shell.display_pub
        hook.compute_format_data = self._after_format(hook.compute_format_data)
        publisher.publish = self._before_publish(publisher.publish)

    def start(self) -> None:
        """A cell is about to run, or is running."""
        self._heard, self._room = [], MOST_TEXT
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            if hasattr(stream, "__dict__"):
                before = vars(stream).get("write")  # IPython has put its own there
                stream.write = tee = self._teed(stream.write, name)
                self._streams.append((stream, tee, before))

    def stop(self) -> None:
        """It has run."""
        for stream, tee, before in self._streams:
            if vars(stream).get("write") is tee:
                del stream.write
                if before is not None:
                    stream.write = before
        self._streams = []

    def heard(self) -> list[Output]:
        """What the cell has printed and shown by now, as a notebook holds it."""
        return list(self._heard)

    def _teed(self, write: Callable[[str], Any], name: str) -> Callable[[str], Any]:
        def tee(string: str) -> Any:
            __tracebackhide__ = True  # IPython leaves such frames out of tracebacks
            written = write(string)
            if isinstance(string, str) and not self._ours(string):
                self._note({"output_type": "stream", "name": name, "text": string}, len(string))
            return written

        return tee

    def _after_format(self, compute: Callable[..., Any]) -> Callable[..., Any]:
        def compute_format_data(result: Any) -> Any:
            __tracebackhide__ = True
            formatted = compute(result)
            self._show("execute_result", formatted[0])
            return formatted

        return compute_format_data

    def _before_publish(self, publish: Callable[..., Any]) -> Callable[..., Any]:
        def look(data: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            self._show("display_data", data)
            return publish(data, *args, **kwargs)

        return look

    def _show(self, kind: str, data: Any) -> None:
        if not isinstance(data, dict):
            return
        text = data.get("text/plain", "")
        text = text if isinstance(text, str) else ""
        if not self._ours(text):
            told = dict.fromkeys(map(str, data), "") | {"text/plain": text}
            self._note({"output_type": kind, "data": told}, len(text))

    def _note(self, output: Output, length: int) -> None:
        """Keep an output while there is room; printed pieces are put together."""
        if not self._streams or length > self._room:
            return
        self._room -= length
        last = self._heard[-1] if self._heard else {}
        if last.get("name") == output.get("name", ""):
            last["text"] += output["text"]
        elif len(self._heard) < MOST_OUTPUTS:
            self._heard.append(output)
