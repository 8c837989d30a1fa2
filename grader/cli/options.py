"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from grader.assignment import find_course, known_assignments
from grader.errors import nearest


def course_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--course DIR`, found upwards from the working folder if left out."""
    return click.option(
        "--course",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Folder that holds assignments/ and rubrics/  [default: the nearest one upwards]",
    )(function)


def jobs_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--jobs N`, one for each core if left out."""
    return click.option(
        "--jobs", "-j", type=click.IntRange(1, 64), metavar="N",
        help="Hand-ins at a time  [default: one for each core]",
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
    if name not in known:
        raise click.BadParameter(
            f"there is no assignment {name!r}{nearest(name, known)}", param_hint=told_as
        )
    return name
