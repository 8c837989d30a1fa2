"""What can go wrong, by whose fault it is.

    GraderError
    ├── AuthorError   a rubric or assignment is wrong; told before any kernel starts
    └── HostError     this machine cannot do it: kernel, disk, data
        └── NoFence   it lacks what the fence is made of; ends the batch

`Stopped` is none of these: somebody broke the batch off, and that is nobody's fault.

A student's mistake is no exception here: it is a fact, and an `Ending`.
"""

from __future__ import annotations

EXIT_OK = 0
EXIT_UNDER = 1
"""Of `grader ci` alone: a hand-in does not reach what it has to, or cannot be handed in."""
EXIT_USAGE = 2
EXIT_AUTHOR = 3
EXIT_HOST = 4
EXIT_BUG = 5
EXIT_STOPPED = 130
"""As shells have it of a program that Ctrl-C ended."""


class GraderError(Exception):
    """A problem that has a one-line explanation for the person at the keyboard."""

    exit_code = EXIT_BUG


class AuthorError(GraderError):
    """Every problem of an author's files at once, each with its file and key."""

    exit_code = EXIT_AUTHOR

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class HostError(GraderError):
    """This machine could not do its part; nobody's grade changes."""

    exit_code = EXIT_HOST


class NoFence(HostError):
    """This machine lacks what the fence is made of: nothing can be graded, so nothing is."""


class Stopped(Exception):
    """The batch was broken off while a hand-in ran; what came of it means nothing."""


def nearest(name: str, known: list[str], likeness: float = 0.5) -> str:
    """A "; did you mean …?" for a name nobody knows, or the names there are.

    Args:
        name: that nobody knows.
        known: the names there are.
        likeness: from 0 to 1, from which on a name may be the one that was meant.
    """
    from difflib import get_close_matches  # only for whoever mistyped something

    whatever_case = {k.lower(): k for k in known}
    close = get_close_matches(name.lower(), whatever_case, n=1, cutoff=likeness)
    if close:
        return f"; did you mean {whatever_case[close[0]]!r}?"
    return f"; known: {', '.join(sorted(known))}" if known else ""
