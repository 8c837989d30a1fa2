"""Grade the hand-ins of a pull request in CI: `run`, then `judge`, then `comment`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from grader.cli.options import course_option, sandbox_option, the_course


def change_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """What both jobs have to know of a change; a CI system tells it by itself."""
    function = course_option(function)
    function = click.option(
        "--submissions",
        "root",
        default="submissions",
        show_default=True,
        metavar="FOLDER",
        help="Folder of all hand-ins in it: FOLDER/ASSIGNMENT/STUDENT/.",
    )(function)
    function = click.option("--head", metavar="COMMIT", help="What was handed in.")(function)
    function = click.option("--base", metavar="COMMIT", help="What the change is held against.")(
        function
    )
    return click.option(
        "--repository", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path),
        default=Path(), metavar="DIR", show_default="here", help="The git repository.",
    )(function)  # fmt: skip


@click.group("ci")
def command() -> None:
    """Grade the hand-ins of a pull request in CI: `run`, then `judge`, then `comment`.

    `run` runs the hand-ins that a change touches and knows no rubric; `judge` judges what it left
    and runs nothing. So the job that runs strangers' code needs no secret and no right. docs/ci.md
    tells how they fit together.
    """


@command.command("run")
@change_options
@sandbox_option
@click.option(
    "--out", "-o", type=click.Path(file_okay=False, path_type=Path), default=Path("evidence"),
    show_default=True, metavar="DIR", help="Where the evidence goes; an empty folder.",
)  # fmt: skip
def run(
    folder: Path, base: str | None, head: str | None, root: str, course: Path | None,
    sandbox_name: str, out: Path,
) -> None:  # fmt: skip
    """First job: run the hand-ins that a change touches, and leave evidence. Needs no rubric.

    The files of the hand-ins are read from git as data, at the commit that was handed in; nothing
    of it is checked out. Exit codes: 0 whatever the hand-ins did; 4 this machine could not do it.
    """
    from tempfile import TemporaryDirectory

    from grader.ci.bundle import write_bundle
    from grader.ci.gathering import gather_all
    from grader.ci.handed import lay_out
    from grader.ci.inert import log_line
    from grader.ci.surroundings import surroundings
    from grader.cli.steps import ends, nothing_quoted, put, root_in
    from grader.revisions import Repository

    around = surroundings(os.environ)
    home = the_course(course or Path.cwd())
    repository = Repository(folder)
    start, commit = ends(repository, around, base, head)
    with nothing_quoted(None), TemporaryDirectory(prefix="grader-ci-") as name:
        into = Path(name)
        laid = lay_out(
            repository, start, commit, root=root_in(folder, root), course=home, into=into
        )
        for line in laid.news:
            click.echo(log_line(line))
        found, hints = gather_all(
            laid.hand_ins, sandbox_name, [home.resolve(), folder.resolve(), into, out.resolve()],
            lambda line: click.echo(log_line(line)),
        )  # fmt: skip
    for line in hints:
        click.echo(log_line(line))
    digest = write_bundle(out, around.repository or folder.resolve().name, commit, found)
    click.echo(f"evidence of {len(found)} hand-ins: {log_line(str(out))}, digest {digest}")
    put(around.outputs, f"digest={digest}\nhand-ins={len(found)}\n")


@command.command("judge")
@change_options
@click.option(
    "--evidence", type=click.Path(file_okay=False, path_type=Path), default=Path("evidence"),
    show_default=True, metavar="DIR", help="What the first job left.",
)  # fmt: skip
@click.option("--digest", required=True, metavar="SHA256", help="As the first job told it.")
@click.option(
    "--rubrics", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR",
    help="Folder of the rubrics, such as a private repository's  [default: the course's]",
)  # fmt: skip
@click.option(
    "--out", "-o", type=click.Path(file_okay=False, path_type=Path), default=Path("graded"),
    show_default=True, metavar="DIR", help="public/ is for anybody, private/ for you alone.",
)  # fmt: skip
@click.option(
    "--points/--no-points", default=None,
    help="Show points in what is public  [default: where the repository is private]",
)  # fmt: skip
@click.option(
    "--fail-under", "fail_under", type=click.FloatRange(0, 100), metavar="PERCENT",
    help="Exit code 1 if a hand-in has less of the public points for certain.",
)  # fmt: skip
def judge(
    folder: Path, base: str | None, head: str | None, root: str, course: Path | None,
    evidence: Path, digest: str, rubrics: Path | None, out: Path, points: bool | None,
    fail_under: float | None,
) -> None:  # fmt: skip
    """Second job: judge the evidence, and write what is public and what is not. Runs nothing.

    Writes a comment, a summary, JUnit XML, Classroom 50 results, annotations and one status line.
    Exit codes: 0 done, whatever the grades are; 1 below --fail-under; 3 a rubric is wrong; 4 a
    hand-in could not be graded, by no fault of its own; 5 a bug of ours.
    """
    from datetime import UTC, datetime
    from tempfile import TemporaryDirectory

    from grader.ci.bundle import Bundle
    from grader.ci.classroom50 import Event
    from grader.ci.handed import lay_out
    from grader.ci.judging import judge_handed
    from grader.ci.surroundings import surroundings
    from grader.ci.writing import published, write_private, write_public
    from grader.cli.steps import end, ends, fails, nothing_quoted, root_in, tell
    from grader.revisions import Repository

    around = surroundings(os.environ)
    home = the_course(course or Path.cwd())
    repository = Repository(folder)
    start, commit = ends(repository, around, base, head)
    name = around.repository or folder.resolve().name
    bundle = Bundle(evidence, digest, name, commit)
    received = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    event = Event(name, around.server, commit, around.request, around.author, received)
    with nothing_quoted(rubrics), TemporaryDirectory(prefix="grader-ci-") as place:
        into = Path(place)
        laid = lay_out(
            repository, start, commit, root=root_in(folder, root), course=home, into=into
        )
        found = [judge_handed(one, bundle, home, rubrics) for one in laid.hand_ins]
        shown = [published(one) for one in found]
        page_bugs = write_private(out, found, home)
        with_points = around.private if points is None else points
        write_public(out, shown, laid.news, event, points=with_points, fail_under=fail_under)
        tell(around, out, shown, fail_under)
    end([*(one.bug for one in found), page_bugs], [one.trouble for one in found],
        below=fail_under is not None and fails(shown, fail_under))  # fmt: skip


@command.command("comment")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--request", "number", type=click.IntRange(1), metavar="N", help="Of which request.")
@click.option("--login", metavar="NAME", help="Who comments  [default: github-actions[bot]]")
def comment(file: Path, number: int | None, login: str | None) -> None:
    """Last step: put the comment on the pull request, or change the one that is there.

    The token is taken from the environment: GITHUB_TOKEN, or GITLAB_TOKEN.
    """
    from grader.ci.posting import ROBOT, Request, post
    from grader.ci.surroundings import surroundings

    around = surroundings(os.environ)
    token = os.environ.get("GITLAB_TOKEN" if around.system == "gitlab" else "GITHUB_TOKEN", "")
    number = number or around.request
    if around.system == "plain" or not number:
        raise click.UsageError("no pull or merge request here; name one with --request, in CI")
    if not token:
        raise click.UsageError("no token: set GITHUB_TOKEN or GITLAB_TOKEN for this step alone")
    request = Request(
        around.system, around.api, around.repository, number, token, login or ROBOT
    )  # fmt: skip
    done = post(request, file.read_text(encoding="utf-8"))
    click.echo(f"comment on {number}: {done}")


@command.command("look")
@click.argument("paths", nargs=-1, metavar="PATH...")
@click.option("--submissions", "root", default="submissions", show_default=True, metavar="FOLDER",
              help="Folder of all hand-ins: FOLDER/ASSIGNMENT/STUDENT/.")  # fmt: skip
@course_option
def look(paths: tuple[str, ...], root: str, course: Path | None) -> None:
    """For students, before they hand in: can it be read, and which exercises are in it?

    Runs nothing and judges nothing. FOLDER and the course are looked for from here upwards, and
    from each PATH. Exit code 1 if something is not there, or could not be graded as it is.
    """
    from grader.ci.looking import look_at
    from grader.course import find_course
    from grader.errors import EXIT_UNDER

    upwards = (find_course(Path(path).absolute()) for path in ("", *paths))
    said, good = look_at(paths, root, the_course(course or next(filter(None, upwards), None)))
    for line in said:
        click.echo(line)
    if not good:
        raise SystemExit(EXIT_UNDER)
