"""Say what this machine has and lacks for grading."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import click

from grader.cli.options import course_option


class Row(NamedTuple):
    """One thing looked at. `needed` rows that are not ok keep grading from working."""

    name: str
    ok: bool
    found: str
    do: str = ""
    needed: bool = True


@click.command("doctor")
@click.option(
    "--selftest", is_flag=True, help="Also attack the fence from inside, to see whether it holds."
)
@course_option
def command(course: Path | None, selftest: bool) -> None:
    """Say what this machine has and lacks for grading.

    A line with NO keeps grading from working; one with ! may cost something. Below each stands
    what to do. Ends with exit code 4 if there is a NO.
    """
    from grader.errors import HostError

    if bad := tell(rows(course)):
        raise HostError(f"{bad} of these must be mended before grading works here")
    if selftest:
        click.echo("\nA kernel behind the fence tries what must fail, and what must work."
                   " It takes some ten seconds:")  # fmt: skip
        if tell(demands()):
            raise HostError("the fence does not hold here: grade nobody else's code")
    click.echo("\nready: grader grade HANDINS --assignment ID --out DIR")


def tell(rows: Iterable[Row]) -> int:
    """Print rows as they come; how many keep grading from working."""
    bad = 0
    for row in rows:
        sign = "ok" if row.ok else ("NO" if row.needed else " !")
        click.echo(f" {sign}  {row.name:<12} {row.found}")
        if not row.ok and row.do:
            click.echo(f"     {'':<12} {row.do}")
        bad += row.needed and not row.ok
    return bad


def rows(course: Path | None) -> Iterator[Row]:
    """Everything worth looking at, quickest first."""
    yield python()
    yield from packages()
    yield the_course_folder(course)
    yield resources()
    yield Row("GPU", True, "not used: device requests are served by the CPU, the same everywhere")
    found = list(facilities())
    yield from found
    yield fenced_kernel() if all(r.ok for r in found if r.needed) else no_kernel("not tried")


def python() -> Row:
    """The interpreter that kernels will use."""
    import platform
    import sys

    text = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    return Row("Python", sys.version_info >= (3, 11), text, "install Python 3.11 or newer")


def packages() -> Iterator[Row]:
    """torch, and what hand-ins of the course import."""
    from importlib.metadata import PackageNotFoundError, version

    def installed(name: str) -> str:
        try:
            return version(name)
        except PackageNotFoundError:
            return ""

    for name in ("torch", "torchvision", "ipykernel"):
        found = installed(name)
        yield Row(name, bool(found), found or "not installed", f"pip install {name}")
    extra = ["pandas", "scikit-learn", "torchmetrics", "mlxtend", "torchinfo", "tqdm", "requests"]
    lacking = [name for name in extra if not installed(name)]
    yield Row(
        "course extra", not lacking, "installed" if not lacking else f"lacks {', '.join(lacking)}",
        "what hand-ins lack here is withheld: pip install 'pytorch-grader[course]'",
        needed=False,
    )  # fmt: skip


def the_course_folder(course: Path | None) -> Row:
    """Where assignments and rubrics are, and whether they load."""
    from grader.assignment import load_assignment
    from grader.course import find_course, known_assignments
    from grader.errors import AuthorError
    from grader.rubric import load_rubric

    folder = course or find_course(Path.cwd())
    if folder is None:
        return Row("course", False, "no folder with assignments/ and rubrics/ here or above",
                   "change into your course folder, or name it with --course",
                   needed=False)  # fmt: skip
    names = known_assignments(folder)
    try:
        for name in names:
            load_rubric(folder, load_assignment(folder, name))
    except AuthorError as problem:
        return Row("course", False, "; ".join(problem.problems), "mend the file")
    return Row("course", bool(names), f"{folder}: {', '.join(names) or 'no assignment'}",
               "add assignments/<id>/assignment.toml", needed=False)  # fmt: skip


def resources() -> Row:
    """Cores and memory."""
    from grader.sandboxes.machine import cores, memory_mb

    memory = memory_mb() / 1024
    text = f"{cores()} cores, {memory:.0f} GiB memory"
    return Row("resources", memory >= 2, text, "torch needs about 2 GiB", needed=False)


def facilities() -> Iterator[Row]:
    """What the fence is made of; on an old kernel it may still close."""
    from grader.sandboxes.facilities import facilities as found

    for name, there, what, do in found():
        yield Row(name, there, what, do, needed=name != "kernel age")


def fenced_kernel() -> Row:
    """Whether a fenced kernel of ours starts, computes and tells what it saw."""
    from grader.cli.screen import busy
    from grader.errors import HostError
    from grader.run.selftest import try_kernel
    from grader.sandboxes.choose import FENCED, open_sandbox

    try:
        with busy("starting a kernel behind the fence"), open_sandbox(FENCED) as sandbox:
            return Row("kernel", True, try_kernel(sandbox))
    except HostError as problem:
        return no_kernel(str(problem).splitlines()[0])


def no_kernel(why: str) -> Row:
    """Nothing is graded here, and where to read on."""
    do = ("see 'Where the fence does not close' in docs/safety.md;"
          " for your own code alone: grader grade --sandbox none")  # fmt: skip
    return Row("kernel", False, why, do)


def demands() -> Iterator[Row]:
    """Whether the fence holds, demand by demand."""
    from grader.cli.screen import busy
    from grader.errors import HostError
    from grader.run.conformance import conformance
    from grader.sandboxes.choose import FENCED, open_sandbox

    try:
        with busy("starting a kernel behind the fence") as doing, open_sandbox(FENCED) as sandbox:
            found = conformance(sandbox, doing)
        for demand, held, instead in found:
            yield Row("fence", held, demand, f"instead: {instead}")
    except HostError as problem:
        yield Row("fence", False, str(problem))
