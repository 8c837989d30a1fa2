"""Self-check calls in a hand-in do nothing while it is graded.

`from grader import selfcheck` gives an object that accepts every call, and a `%%check` line is
dropped, so that the cell below it runs as an ordinary cell.
"""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Iterator
from typing import Any

CHECK_LINE = re.compile(r"\s*%%check(\s|$)")


class Inert:
    """Accepts every attribute, index and call, and is itself the answer."""

    def __getattr__(self, name: str) -> Inert:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, key: object) -> Inert:
        return self

    def __call__(self, *args: object, **kwargs: object) -> Inert:
        """Nothing to do, and something to go on with."""
        return self

    def __iter__(self) -> Iterator[Inert]:
        return iter(())

    def __repr__(self) -> str:
        return "(self-check is off while grading)"


def install(shell: Any) -> None:
    """Put the stand-in where the student imports it from."""
    package = types.ModuleType("grader", "Self-check, switched off while grading.")
    package.__path__ = []
    stand_in: Any = Inert()
    vars(package)["selfcheck"] = stand_in
    sys.modules["grader"] = package
    sys.modules["grader.selfcheck"] = stand_in
    shell.input_transformer_manager.cleanup_transforms.insert(0, without_check_line)


def without_check_line(lines: list[str]) -> list[str]:
    """The cell without its leading `%%check` line; line numbers stay."""
    first = next((i for i, line in enumerate(lines) if line.strip()), None)
    if first is not None and CHECK_LINE.match(lines[first]):
        return [*lines[:first], "\n", *lines[first + 1 :]]
    return lines
