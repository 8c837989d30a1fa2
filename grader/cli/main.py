"""The command line: finds commands by file name and imports only the one that is called."""

from __future__ import annotations

import importlib
import io
import sys
from pathlib import Path
from typing import Any

import click

import grader
from grader.errors import EXIT_BUG, EXIT_STOPPED, GraderError, nearest

HERE = Path(__file__).parent
NO_COMMANDS = frozenset(
    {"confirming", "lines", "main", "openings", "options", "running", "screen", "steps", "trials"}
)
"""Files beside this one that commands share."""


class LazyCommands(click.Group):
    """Commands are the files beside this one; their first docstring line is their help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands."""
        own = (p.stem for p in HERE.glob("*.py") if not p.stem.startswith("_"))
        return sorted(n for n in own if n not in NO_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command's file."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module: Any = importlib.import_module(f"grader.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Offer the nearest command for one that is not there."""
        if args and not args[0].startswith("-") and args[0] not in self.list_commands(ctx):
            close = nearest(args[0], self.list_commands(ctx))
            raise click.UsageError(f"there is no command {args[0]!r}{close}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; Ctrl-C ends it in one line and with the exit code that shells expect."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("grader: stopped", err=True)
            raise SystemExit(EXIT_STOPPED) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(n, summary(HERE / f"{n}.py")) for n in self.list_commands(ctx)])


def summary(path: Path) -> str:
    """First line of a file's docstring."""
    with path.open(encoding="utf-8") as file:
        return file.readline().strip().strip('"').rstrip(".")


@click.group(
    cls=LazyCommands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with `grader doctor`, then `grader grade HANDINS --assignment ID`. An assignment"
    " of your own starts with `grader new ID`.",
)
@click.version_option(grader.__version__, prog_name="grader")
def cli() -> None:
    """Grade PyTorch notebooks by what happened inside them.

    Exit codes: 0 done, whatever the grades are; 1 of `ci` alone, below what is asked for; 2 wrong
    usage; 3 a rubric or assignment is wrong; 4 this machine could not do it; 5 a bug of ours; 130
    stopped with Ctrl-C.
    """


def main() -> None:
    """Run a command; a problem with an explanation is told in one line each."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal may know less than UTF-8
            stream.reconfigure(errors="replace")
    leave_out_web_addresses(sys.modules)
    try:
        cli.main(standalone_mode=True)
    except GraderError as problem:
        for line in str(problem).splitlines():
            click.echo(f"grader: {line}", err=True)
        sys.exit(problem.exit_code)
    except Exception:
        import traceback

        traceback.print_exc()
        click.echo("grader: this is a bug of ours, please report it with the lines above", err=True)
        sys.exit(EXIT_BUG)


def leave_out_web_addresses(modules: dict[str, Any]) -> None:
    """Have a library not build its grammar of web addresses, which takes most of a second.

    `jsonschema` imports it wherever it is installed, as beside JupyterLab, and does without where
    it is not; `nbformat` imports `jsonschema`, and a notebook's schema knows no addresses.

    Args:
        modules: of this process.
    """
    modules.setdefault("rfc3987_syntax", None)
