"""Write the folder that students get: starter, data, public criteria and hints."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli.options import course_option, known_assignment, the_course


@click.command("release")
@click.argument("assignment", metavar="ID")
@click.option(
    "--out", "-o", required=True, metavar="DIR", type=click.Path(file_okay=False, path_type=Path),
    help="A folder that is not there yet, or is empty.",
)  # fmt: skip
@course_option
def command(assignment: str, out: Path, course: Path | None) -> None:
    """Write the folder that students get of assignment ID: starter, data, criteria and hints.

    DIR becomes a course folder, in which `grader check`, `grader hint` and the self-check in a
    notebook work. It holds the starter, the files in assignments/ID/data, the exercises, and each
    public criterion with its hints. Solutions, mistakes and hidden criteria are never in it.

    What is not checked on a student's machine: hidden criteria; public ones with reveal = false;
    and public ones whose check holds a number that neither the starter nor the criterion's title
    and hints tell. The rubric in DIR says how many there are of each exercise, and a check tells
    so. With no solution in DIR, `grader solution` has nothing to show there.
    """
    from grader.assignment import load_assignment
    from grader.errors import HostError
    from grader.releasing import release
    from grader.rubric import load_rubric

    folder = the_course(course)
    known = load_assignment(folder, known_assignment(folder, assignment, told_as="ID"))
    if out.exists() and any(out.iterdir()):
        raise click.BadParameter(f"{out} is not empty; nothing was written", param_hint="--out")
    made = release(folder, known, load_rubric(folder, known))
    for name, data in made.files.items():
        path = out / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        except OSError as problem:
            raise HostError(f"{path}: cannot be written: {problem.strerror}") from problem
    click.echo(f"written into {out}: {', '.join(made.files)}")
    count = sum(made.left_out.values())
    if count:
        where = ", ".join(made.left_out)
        click.echo(f"criteria that stay with you: {count}, of exercise {where}; of these public,"
                   f" with checks that hold what nothing public tells: {made.secret}")  # fmt: skip
