"""Habits of an interactive session that would end or change a graded one.

Installing packages is the machine's business: `%pip` and friends say so and go on. Programs
called with `!` are handled outside, by stand-ins that come first on PATH. `exit()` ends its cell
as `sys.exit()` does, and not the kernel that later exercises need.
"""

from __future__ import annotations

from typing import Any

MANAGERS = ("pip", "conda", "mamba", "micromamba", "uv")


def install(shell: Any) -> None:
    """Replace the package manager magics, `exit` and `quit`."""
    for name in MANAGERS:
        shell.register_magic_function(not_run(name), magic_kind="line", magic_name=name)
    for name in ("exit", "quit"):
        shell.user_ns[name] = leave
    shell.ask_exit = leave


def not_run(name: str) -> Any:
    """A line magic that tells what it did not do."""

    def magic(line: str) -> None:
        print(f"[not run while grading] {name} {line}"[:200])

    return magic


def leave(code: object = None) -> None:
    """End the running cell.

    Raises:
        SystemExit: always; ipykernel shows it and goes on.
    """
    raise SystemExit(code)
