"""JUnit XML: a suite for each hand-in, a test case for each public criterion.

A `failure` is a wrong answer, an `error` is our trouble, and `skipped` is what waits for something
else or for a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

from grader.audience import Told, told
from grader.ci.inert import xml_text
from grader.ci.published import Published
from grader.legible import points

FAILED, SKIPPED = ("failed", "partly", "not_attempted"), ("blocked", "no_evidence")


def junit(found: Sequence[Published], *, with_points: bool) -> str:
    """The file.

    Args:
        found: what was graded.
        with_points: whether points may be shown.
    """
    suites = [suite(one, with_points=with_points) for one in found]
    body = "".join(f"{line}\n" for lines in suites for line in lines)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n{body}</testsuites>\n'


def suite(one: Published, *, with_points: bool) -> list[str]:
    """One hand-in."""
    marks = told(one.grade, one.rubric, "student")
    kinds = [kind_of(one, t) for t in marks]
    head = attributes(
        name=f"{one.grade.assignment}.{one.grade.student}", tests=str(len(marks)),
        failures=str(kinds.count("failure")), errors=str(kinds.count("error")),
        skipped=str(kinds.count("skipped")),
    )  # fmt: skip
    cases = [line for t in marks for line in case(one, t, with_points=with_points)]
    return [f"<testsuite{head}>", *cases, "</testsuite>"]


def kind_of(one: Published, t: Told) -> str:
    """What a test case says of its criterion; empty where it is met."""
    if t.mark.verdict == "broken" or one.grade.ending == "host_failed":
        return "error"
    if t.mark.verdict in SKIPPED:
        return "skipped"
    return "failure" if t.mark.verdict in FAILED else ""


def case(one: Published, t: Told, *, with_points: bool) -> Iterable[str]:
    """One criterion."""
    line = one.lines.get(t.mark.cell or next(iter(t.mark.cells), 0), 1)
    about = attributes(
        classname=f"{one.grade.assignment}.{one.grade.student}",
        name=f"exercise {t.mark.exercise}: {t.title}", file=one.file, line=str(line),
    )  # fmt: skip
    yield f"<testcase{about}>"
    told_too = {}
    if with_points:
        told_too = {"points": points(t.mark.earned), "max_points": points(t.mark.possible)}
    if t.lost and t.hints:
        told_too["hint"] = t.hints[0]
    if told_too:
        inner = "".join(f"<property{attributes(name=n, value=v)}/>" for n, v in told_too.items())
        yield f"<properties>{inner}</properties>"
    if kind := kind_of(one, t):
        seen = f"saw {t.seen}" if t.seen else ""
        wanted = f"expected {t.expected}" if t.expected else ""
        text = escape(xml_text("; ".join(filter(None, [seen, wanted]))))
        type_ = "" if kind == "skipped" else attributes(type=t.mark.verdict)
        yield f"<{kind}{attributes(message=t.because)}{type_}>{text}</{kind}>"
    yield "</testcase>"


def attributes(**values: str) -> str:
    """Attributes of an element, each with a blank before it."""
    return "".join(f" {name}={quoteattr(xml_text(value))}" for name, value in values.items())
