"""Tell what a rubric can ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from grader.handbook import Case, Entry, FieldEntry

SAYS = {
    "passed": "earns its points",
    "partly": "earns part of them",
    "failed": "earns nothing",
    "not_attempted": "earns nothing, as where nothing was handed in",
    "no_evidence": "is withheld, for a person to judge",
}
ALWAYS = (
    "Of any kind: a criterion is withheld where our run could not see what it needs, such as after"
    " a package that is not installed, or where something speaks against what was seen. An exercise"
    " without an answer is missing."
)


@click.command("checks", context_settings={"max_content_width": 100})
@click.argument("kind", required=False)
@click.option(
    "--schema", is_flag=True, help="Print the JSON Schema of a rubric file, for your editor."
)
@click.pass_context
def command(context: click.Context, kind: str | None, schema: bool) -> None:
    """Tell what a rubric can ask for.

    Without KIND it lists the kinds of check. With KIND it tells what that check looks for, its
    fields, what earns points and what does not, and a criterion to paste into a rubric. Checks
    that other packages bring are listed too.
    """
    if schema and kind:
        raise click.UsageError("--schema is about all kinds at once; leave KIND out")
    if schema:
        import json

        from grader.rubric_schema import rubric_schema

        click.echo(json.dumps(rubric_schema(), indent=1, ensure_ascii=False))
    elif kind is None:
        click.echo(listed(context.make_formatter()))
    else:
        click.echo(told(context.make_formatter(), known(kind)))


def known(kind: str) -> Entry:
    """What there is to say about a kind.

    Raises:
        click.BadParameter: there is no such check; the nearest is offered.
    """
    from grader.errors import nearest
    from grader.handbook import entry
    from grader.plugins import check_kinds

    if kind not in check_kinds():
        close = nearest(kind, check_kinds())
        raise click.BadParameter(f"there is no check {kind!r}{close}", param_hint="KIND")
    return entry(kind)


def listed(out: click.HelpFormatter) -> str:
    """One line a kind."""
    from grader.handbook import summary
    from grader.plugins import check_kinds

    out.write_dl([(kind, summary(kind)) for kind in check_kinds()])
    out.write_paragraph()
    out.write_text("`grader checks KIND` tells a kind's fields, and a criterion to paste.")
    return out.getvalue().rstrip()


def told(out: click.HelpFormatter, entry: Entry) -> str:
    """All about a kind."""
    out.write_text(f"{entry.kind}: {entry.summary}")
    for paragraph in entry.about:
        out.write_paragraph()
        out.write_text(paragraph)
    with out.section(f'Fields, in check = {{ kind = "{entry.kind}", … }}'):
        out.write_dl([(f.name, field_text(f)) for f in entry.fields] or [("none", "")])
    for verdict, says in SAYS.items():
        cases = [c for c in entry.cases if c.verdict == verdict]
        if cases:
            with out.section(f"What {says}"):
                out.write("".join(case_text(case) for case in cases))
    out.write_paragraph()
    out.write_text(ALWAYS)
    out.write_paragraph()
    out.write_text("A criterion to paste into a rubric and change:")
    return f"{out.getvalue()}\n{entry.criterion}".rstrip()


def case_text(case: Case) -> str:
    """What is in an exercise, and below it the fields it was judged by; never wrapped."""
    return f"  {case.about}\n" + (f"      {case.fields}\n" if case.fields else "")


def field_text(field: FieldEntry) -> str:
    """A field's type and meaning, and what leaving it out means."""
    if field.default is None:
        return f"{field.type}; {field.about}; must be given"
    rest = f"  [default: {field.default}]" if field.default else ""
    return f"{field.type}; {field.about}{rest}"
