"""A git repository as data: what changed between two commits, and the bytes of files.

Only plumbing is asked, which reads objects: nothing is checked out, no hook, filter or attribute
of the repository takes part, and no setting outside it counts. Names and bytes come from strangers.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Literal, NamedTuple

from grader.errors import HostError

FIXED = (
    "--no-replace-objects", "--literal-pathspecs", "--no-optional-locks",
    "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false",
    "-c", "protocol.allow=never", "-c", "core.commitGraph=false",
)  # fmt: skip
SECONDS = 300

Kind = Literal["file", "link", "submodule", "other"]

KINDS: dict[str, Kind] = {
    "100644": "file", "100755": "file", "100664": "file", "120000": "link", "160000": "submodule",
}  # fmt: skip


class Entry(NamedTuple):
    """One entry of a tree.

    Attributes:
        path: from the root of the repository, with "/"; bytes that are no UTF-8 are surrogates.
        kind: what it is.
        id: of its object.
        size: in bytes; 0 where it is no file.
    """

    path: str
    kind: Kind
    id: str
    size: int


class Repository:
    """A repository, bare or not.

    Args:
        folder: where it is, or where its work tree is.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    def commit(self, name: str) -> str:
        """The id of a commit.

        Raises:
            HostError: there is none of that name here.
        """
        asked = f"{name}^{{commit}}"
        try:
            return self._ask("rev-parse", "--verify", "--quiet", "--end-of-options", asked).strip()
        except HostError:
            raise HostError(
                f"{self._folder}: the commit {name!r} is not here; fetch it first, such as with"
                " git fetch origin COMMIT"
            ) from None

    def merge_base(self, one: str, other: str) -> str:
        """The commit from which two went apart.

        Raises:
            HostError: there is none, or the history is cut off before it.
        """
        try:
            return self._ask("merge-base", one, other).split()[0]
        except (HostError, IndexError):
            raise HostError(
                f"{self._folder}: {one[:12]} and {other[:12]} have no common commit here; fetch the"
                " whole history (fetch-depth: 0)"
            ) from None

    def changed(self, before: str, after: str) -> list[str]:
        """Paths that differ between two commits, in order; a renamed file is two of them."""
        told = self._ask(
            "diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-ext-diff",
            "--no-textconv", "--ignore-submodules=none", before, after, "--",
        )  # fmt: skip
        return sorted(filter(None, told.split("\0")))

    def entries(self, commit: str, folder: str) -> list[Entry]:
        """What lies in a folder of a commit and below it; nothing where there is no such folder."""
        told = self._ask("ls-tree", "-r", "-z", "-l", "--full-tree", commit, "--", f"{folder}/")
        found = []
        for line in filter(None, told.split("\0")):
            about, _, path = line.partition("\t")
            mode, _, name, size = about.split()
            found.append(Entry(path, KINDS.get(mode, "other"), name, int(size.strip("-") or 0)))
        return found

    def blob(self, entry: Entry) -> bytes:
        """The bytes of a file, as they are stored."""
        return self._run("cat-file", "blob", entry.id)

    def _ask(self, *words: str) -> str:
        return os.fsdecode(self._run(*words))

    def _run(self, *words: str) -> bytes:
        command = ["git", "-c", f"safe.directory={self._folder}", *FIXED, *words]
        try:
            done = subprocess.run(
                command, cwd=self._folder, env=environment(), stdin=subprocess.DEVNULL,
                capture_output=True, timeout=SECONDS, check=False,
            )  # fmt: skip
        except FileNotFoundError as problem:
            raise HostError("git is not installed here, or the repository is gone") from problem
        except (OSError, subprocess.TimeoutExpired) as problem:
            raise HostError(f"{self._folder}: git {words[0]}: {problem}") from problem
        if done.returncode:
            lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["failed"]
            raise HostError(f"{self._folder}: git {words[0]}: {lines[-1][:200]}")
        return done.stdout


def environment() -> dict[str, str]:
    """What git gets to know: where programs are, and that it asks nobody and nothing."""
    return {
        "PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0",
    }  # fmt: skip
