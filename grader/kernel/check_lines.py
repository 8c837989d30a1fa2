"""`%%check 3` above a cell, and `%check 3` in one.

The line above a cell is taken away before IPython reads it, so that the cell runs as any other:
its last line is shown. A comment stands in its place, and in that of blank lines at a cell's start,
which IPython drops: so errors tell the lines that the student sees.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

LINE = re.compile(r"\s*%%check(?:\s+(\S*).*)?$")


def install(shell: Any, checked: Callable[[str], object]) -> None:
    """Make both known to a shell; a second time changes nothing.

    Args:
        shell: IPython's.
        checked: gives what `%check` shows for the rest of its line.
    """
    shell.register_magic_function(checked, magic_kind="line", magic_name="check")
    cleaning = shell.input_transformer_manager.cleanup_transforms
    if with_lines_in_place not in cleaning:
        cleaning.insert(0, with_lines_in_place)


def with_lines_in_place(lines: list[str]) -> list[str]:
    """The cell without its leading `%%check` line, each line with the number that it has there.

    Below a magic for the whole cell, such as `%%time`, lines are counted from the magic anyway.
    """
    first = first_of(lines)
    if first is None:
        return lines
    head = first + 1 if LINE.match(lines[first]) else first
    below = first_of(lines[head:])
    code = "" if below is None else lines[head + below]
    indent = code[: len(code) - len(code.lstrip())]  # what IPython takes from all lines
    magic = code.lstrip().startswith("%%")
    return [*(["\n" if magic else f"{indent}#\n"] * head), *lines[head:]]


def asked_in(source: str) -> str | None:
    """The exercise that a cell's `%%check` line names, empty for none; None without such a line."""
    lines = source.splitlines()
    first = first_of(lines)
    match = None if first is None else LINE.match(lines[first])
    return None if match is None else match.group(1) or ""


def first_of(lines: list[str]) -> int | None:
    """The number of the first line that holds anything."""
    return next((i for i, line in enumerate(lines) if line.strip()), None)


def notebook_shell() -> Any:
    """The shell of the kernel this runs in; None where this is no notebook."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell if getattr(shell, "kernel", None) is not None else None
