"""Runs a command as a user without rights, also where Python lies in a folder closed to others.

    subprocess.run(as_ordinary_user([sys.executable, "-m", "grader", ...], writable=[out]))

Wants root. Where a folder on the way to Python, to this repository or to a writable folder may
not be entered by others (such as /root), the command sees an empty folder in its place that holds
nothing but what is needed. That happens in a mount namespace of its own and goes with it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOBODY = 65534


def as_ordinary_user(argv: list[str], *, writable: Iterable[Path] = ()) -> list[str]:
    """The command that runs argv as an ordinary user.

    Args:
        argv: a command, its program first.
        writable: folders that are given to that user, with all they hold.

    Raises:
        PermissionError: this process is not root.
    """
    folders = [path.resolve() for path in writable]
    for folder in folders:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    python = [Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent]
    needed = [str(path.resolve()) for path in (*python, ROOT, *folders)]
    become = [sys.executable, "-I", __file__, str(NOBODY), *dict.fromkeys(needed), "--", *argv]
    return ["unshare", "--mount", "--propagation", "private", "--", *become]


def closed_parent(path: Path) -> Path | None:
    """The outermost folder on the way to a path that others may not enter."""
    return next((p for p in reversed(path.parents) if not p.stat().st_mode & 0o001), None)


def open_the_way(needed: list[Path]) -> None:
    """Cover every closed folder with an empty one that shows what is needed and nothing else."""
    ways: dict[Path, list[Path]] = {}
    for path in needed:
        closed = closed_parent(path)
        if closed is not None:
            ways.setdefault(closed, []).append(path)
    for closed, paths in ways.items():
        kept = {path: os.open(path, os.O_PATH) for path in paths}
        mount("-t", "tmpfs", "-o", "mode=755", "none", str(closed))
        for path in sorted(paths):
            if path.exists():  # a folder of one that is shown already
                continue
            path.mkdir(parents=True)
            here = f"/proc/{os.getpid()}/fd/{kept[path]}"  # its path leads to the cover by now
            mount("--no-canonicalize", "--bind", here, str(path))
        for handle in kept.values():
            os.close(handle)


def mount(*arguments: str) -> None:
    """Mount something.

    Raises:
        subprocess.CalledProcessError: it was refused.
    """
    subprocess.run(["mount", *arguments], check=True)


def main() -> None:
    """`ordinary_user.py UID FOLDER... -- COMMAND...`, in a mount namespace of its own."""
    user, *rest = sys.argv[1:]
    middle = rest.index("--")
    open_the_way([Path(folder) for folder in rest[:middle]])
    command = rest[middle + 1 :]
    os.setgroups([])
    os.setresgid(int(user), int(user), int(user))
    os.setresuid(int(user), int(user), int(user))
    os.execvp(command[0], command)  # noqa: S606  (the command is the caller's)


if __name__ == "__main__":
    main()
