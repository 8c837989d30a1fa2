"""Start an assignment: files that work as they are, to be edited."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click

from grader.cli.options import course_option

VALID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,58}[A-Za-z0-9])?")


def valid_id(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """The id, if it can be a folder's name everywhere.

    Raises:
        click.BadParameter: it cannot.
    """
    if not VALID.fullmatch(value):
        raise click.BadParameter(
            f"{value!r}: an id is made of letters, digits, - and _, at most 60 of them, and starts"
            " and ends with a letter or a digit, such as 01-tensors"
        )
    return value


def valid_title(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> str | None:
    """The title, if it is one line of text.

    Raises:
        click.BadParameter: it is not.
    """
    if value is not None and not (value.strip() and value.isprintable()):
        raise click.BadParameter(f"{value!r}: a title is one line of text")
    return value


@click.command("new")
@click.argument("assignment", metavar="ID", callback=valid_id)
@click.option(
    "--exercises", "count", type=click.IntRange(1, 50), default=3, show_default=True, metavar="N",
    help="How many exercises to start with.",
)  # fmt: skip
@click.option(
    "--title", metavar="TEXT", callback=valid_title, help="Its name in reports  [default: the ID]"
)
@course_option
def command(assignment: str, count: int, title: str | None, course: Path | None) -> None:
    """Start an assignment: files that work as they are, to be edited.

    Writes assignments/ID/ and rubrics/ID.toml into the course folder: a notebook for students, its
    solution, a mistake, and a rubric, with comments that tell each key. An empty folder becomes a
    course folder. Nothing that is there is overwritten.
    """
    from grader.sample import sample_files

    folder = course_to_write_in(course)
    title = title or re.sub(r"[_-]+", " ", assignment).capitalize()
    files = sample_files(assignment, title, count)
    refuse_to_overwrite(folder, assignment)
    written = [*write(folder, files), *write_schema(folder)]
    tell(folder, assignment, written)


def course_to_write_in(given: Path | None) -> Path:
    """The course folder: the one named, the nearest upwards, or an empty one to become it.

    Raises:
        click.UsageError: the working folder is in no course, and holds something else.
    """
    from grader.course import find_course

    here = Path.cwd()
    folder = given or find_course(here)
    if folder is None and any(not p.name.startswith(".") for p in here.iterdir()):
        raise click.UsageError(
            f"{here} is in no course folder (one that holds assignments/ and rubrics/), and it is"
            " not empty: change into a course or an empty folder, or name one with --course DIR"
        )
    return folder or here


def refuse_to_overwrite(folder: Path, assignment: str) -> None:
    """Stop where something is there already.

    Raises:
        click.UsageError: names it.
    """
    home, rubric = folder / "assignments" / assignment, folder / "rubrics" / f"{assignment}.toml"
    empty = home.is_dir() and not home.is_symlink() and not any(home.iterdir())
    there = [str(p) for p in (home, rubric) if os.path.lexists(p) and not (p == home and empty)]
    if there:
        raise click.UsageError(
            f"nothing was written, because there is already {' and '.join(there)};"
            " take another ID, or move it away"
        )


def write(folder: Path, files: dict[str, str]) -> list[str]:
    """Write files that are not there; their paths.

    Raises:
        HostError: the folder cannot be written.
    """
    from grader.errors import HostError

    for name, text in files.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError as problem:
            raise HostError(f"{path}: cannot be written: {problem.strerror}") from problem
    return list(files)


def write_schema(folder: Path) -> list[str]:
    """The schema beside the rubrics, if none is there; by it an editor knows their keys."""
    import json

    from grader.rubric_schema import rubric_schema
    from grader.sample import SCHEMA

    name = f"rubrics/{SCHEMA}"
    if os.path.lexists(folder / name):
        return []
    text = json.dumps(rubric_schema(), indent=1, ensure_ascii=False) + "\n"
    return write(folder, {name: text})


def tell(folder: Path, assignment: str, written: list[str]) -> None:
    """What was written, and what to do next."""
    home = f"assignments/{assignment}"
    about = {
        f"{home}/assignment.toml": "the exercises",
        f"{home}/starter.ipynb": "what students get",
        f"{home}/solution.ipynb": "has to earn every point",
        f"{home}/mistakes/expect.toml": "what each wrong hand-in beside it has to lose",
        f"rubrics/{assignment}.toml": "what earns points",
    }
    click.echo(f"written into {folder}:")
    width = max(map(len, written))
    for name in written:
        click.echo(f"  {name:<{width}}  {about.get(name, '')}".rstrip())
    click.echo(f"""
Next:
  1. Edit the notebooks, assignment.toml and the rubric, in this order. They work as they are, so
     change one exercise at a time. `grader checks` tells what a rubric can ask for.
  2. grader prove {assignment}
     says what does not fit together yet.
  3. grader grade HANDINS --assignment {assignment}""")
