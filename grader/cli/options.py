"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from grader.course import find_course, known_assignments
from grader.errors import nearest

if TYPE_CHECKING:
    from grader.assignment import Limits


def course_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--course DIR`, found upwards from the working folder if left out."""
    return click.option(
        "--course",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Folder that holds assignments/ and rubrics/  [default: the nearest one upwards]",
    )(function)


def jobs_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--jobs N`, see `jobs_at_a_time`."""
    return click.option(
        "--jobs", "-j", type=click.IntRange(1, 64), metavar="N",
        help="Hand-ins at a time  [default: one for each core, as far as memory goes]",
    )(function)  # fmt: skip


def sandbox_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--sandbox NAME`, as `sandbox_name`."""
    return click.option(
        "--sandbox", "sandbox_name", type=click.Choice(["fenced", "none"]), default="fenced",
        show_default=True, help="Fenced, or with all your rights: for your own code alone.",
    )(function)  # fmt: skip


def the_course(given: Path | None) -> Path:
    """The course folder.

    Raises:
        click.UsageError: there is none.
    """
    if given is not None and not (given / "assignments").is_dir():
        raise click.BadParameter(f"{given} holds no assignments/", param_hint="--course")
    course = given or find_course(Path.cwd())
    if course is None or not (course / "assignments").is_dir():
        raise click.UsageError(
            "no course folder (one that holds assignments/ and rubrics/) here or above;"
            " name one with --course DIR, or start one with `grader new ID`"
        )
    return course


def known_assignment(course: Path, name: str, *, told_as: str = "--assignment") -> str:
    """The name, if the course has such an assignment.

    Args:
        course: the course folder.
        name: what somebody typed.
        told_as: the option or argument it was typed for.

    Raises:
        click.BadParameter: it has not; the nearest name is offered.
    """
    known = known_assignments(course)
    folder = course / "assignments" / name
    if name not in known and name != ".." and folder.name == name and folder.is_dir():
        raise click.BadParameter(
            f"{folder} holds no assignment.toml; `grader new ID` writes one to start from, beside"
            " a starter, a solution and a rubric",
            param_hint=told_as,
        )
    if name not in known:
        raise click.BadParameter(
            f"there is no assignment {name!r}{nearest(name, known)}", param_hint=told_as
        )
    return name


class Jobs(NamedTuple):
    """How many hand-ins are graded at a time, and what a person should know of that, if anything.

    Attributes:
        number: at least one.
        note: a sentence, or nothing.
    """

    number: int
    note: str


def jobs_at_a_time(asked: int | None, hand_ins: int, limits: Limits) -> Jobs:
    """As many as were asked for, or as many as cores and memory are enough for."""
    from grader.sandboxes.machine import cores, each_mb, jobs_that_fit, memory_mb

    fitting = jobs_that_fit(limits)
    wanted = min(asked or cores(), hand_ins)
    number = wanted if asked else min(wanted, fitting)
    each, there = f"{each_mb(limits) / 1024:.1f}", f"{memory_mb() / 1024:.1f} GiB"
    if number * each_mb(limits) > memory_mb():
        choose = f"--jobs {fitting} fits" if number > fitting else "[limits] can give it less"
        return Jobs(number, (
            f"memory may run short: {number} at a time may take {each} GiB each, and there are"
            f" {there}; what the system ends for that runs once more alone; {choose}"
        ))  # fmt: skip
    if number < wanted:
        return Jobs(number, (
            f"{number} at a time, not {wanted}: each may take {each} GiB of memory, and there are"
            f" {there}; --jobs {wanted} does it all the same"
        ))  # fmt: skip
    return Jobs(number, "")
