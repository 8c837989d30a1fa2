"""Errors that follow from an earlier exercise: they are its consequences, and no further mistakes.

A class that cannot be made, a cell that ended before it set its names: whatever leans on them ends
with an error too. Such an error is of the exercise it comes from. Which one that is, is read from
the code: what the statement that raised is made of, and where that was bound last. An error whose
operands an exercise got right is the error of the exercise in which it was raised.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol

from grader.evidence import Evidence
from grader.facts import Answered, CellEnded, CellRead
from grader.finding import WITHHELD, Verdict
from grader.missing_names import cell_without, names_set, undefined_name
from grader.notebook import parse_cell
from grader.origins import bindings
from grader.preparation import is_choice

MOST_NAMES = 200
ALIKE = 80
"""So many characters of two messages are compared, numbers aside."""

CLASS = re.compile(r"'(\w+)' object|\[(\w+)\]|^(\w+)[.(]")
"""What messages call the class of an object by."""

LACKS = re.compile(r"^'(\w+)' object has no attribute '(\w+)'")
PLAIN_KINDS = frozenset({"NoneType", "list", "tuple", "dict", "set", "str", "int", "float", "bool",
                         "function", "method", "module", "type"})  # fmt: skip

Function = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
Definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Outcome(NamedTuple):
    """What came of an exercise.

    Attributes:
        earned: whether a part of its heart was earned, or may yet be.
        root: the exercise that what went wrong in it comes from; itself, unless it is a
            consequence.
    """

    earned: bool
    root: str


Before = dict[str, Outcome]
"""The exercises judged so far whose heart lost something, by id."""


class Share(Protocol):
    """What came of a criterion: a finding, or its mark."""

    @property
    def verdict(self) -> Verdict:
        """In one word."""

    @property
    def share(self) -> float:
        """Of its points, from 0 to 1."""


def note_losses(
    evidence: Evidence, exercise: str, core: Sequence[Share], before: Before
) -> None:  # fmt: skip
    """Remember an exercise whose heart lost something: later errors may follow from it."""
    if not evidence.attempted(exercise) or all(f.verdict == "passed" for f in core):
        return
    earned = any(f.share > 0 or f.verdict in WITHHELD for f in core)
    roots = (root_of(evidence, end, before) for end in evidence.endings(exercise))
    before[exercise] = Outcome(earned, next((r for r in roots if r), exercise))


def root_of(evidence: Evidence, end: CellEnded, before: Before) -> str | None:
    """The earlier exercise that the error of a cell comes from; None where it comes from none."""
    chain = list(chain_of(evidence, end))
    outside = [to.exercise for of, to in pairwise(chain) if to.exercise != of.exercise]
    left = [exercise for exercise in outside if exercise is not None]
    return root_of_operands(evidence, chain[-1], before) or next(reversed(left), None)


def chain_of(evidence: Evidence, end: CellEnded) -> Iterator[CellEnded]:
    """A cell that ended, and before it each whose error left a name unset that the last one needed.

    Each is of an earlier cell than the last, so the chain ends.
    """
    yield end
    while end.ending == "raised" and (name := undefined_name(end)):
        lost = cell_without(evidence, end, name)
        if lost is None:
            return
        yield lost
        end = lost


def root_of_operands(evidence: Evidence, end: CellEnded, before: Before) -> str | None:
    """The earlier exercise that made what the line that raised works on, and made it wrong."""
    if end.ending != "raised" or not end.ename or undefined_name(end):
        return None
    if is_of_its_own(evidence, end) or misspells(evidence, end):
        return None
    for other in sorted(operands(evidence, end) - {end.exercise or ""}):
        outcome = before.get(other)
        if outcome and (not outcome.earned or said_in(evidence, other, end)):
            return outcome.root
    return None


def said_in(evidence: Evidence, exercise: str, end: CellEnded) -> bool:
    """Whether an exercise showed the same error: in a cell of its own, or when it was asked."""
    raised = [f"{e.ename}: {e.evalue}" for e in evidence.endings(exercise) if e.ename]
    answered = [a.error for a in evidence.of(exercise, Answered) if a.error]
    return alike(f"{end.ename}: {end.evalue}") in map(alike, raised + answered)


def alike(message: str) -> str:
    """The beginning of a message without its numbers: shapes hang on what a model is given."""
    return re.sub(r"\d+", "0", message)[:ALIKE]


def operands(evidence: Evidence, end: CellEnded) -> set[str]:
    """The exercises whose cells bound what the statement that raised is made of.

    Names that the exercise itself bound are looked through, and so are functions and classes.
    """
    cells = [c for c in evidence.everywhere(CellRead) if c.cell <= end.cell]
    at_work = statement_at(parse_cell(cells[-1].source), end.line) if cells else None
    if at_work is None:
        return set()
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [*names_read(at_work)]
    while waiting and len(seen) < MOST_NAMES:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        bound = next((c for c in reversed(cells) if name in names_set(c.source)), None)
        if bound is None:
            continue
        values = list(values_of(bound.source, name))
        if bound.exercise is not None and not all(map(is_setting, values)):
            found.add(bound.exercise)
        for value in values:
            if isinstance(value, Definition) or bound.exercise == end.exercise:
                waiting += names_read(value)
    return found


def values_of(source: str, name: str) -> Iterator[ast.AST]:
    """What a cell binds a name to: definitions, and values that are assigned."""
    tree = parse_cell(source)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, Definition) and node.name == name:
            yield node
        for target, value in bindings(node):
            if isinstance(target, ast.Name) and target.id == name:
                yield value


def is_setting(value: ast.AST) -> bool:
    """Whether a value is a constant or a device, which nobody gets wrong by another mistake."""
    return isinstance(value, ast.Constant) or (isinstance(value, ast.expr) and is_choice(value))


def is_of_its_own(evidence: Evidence, end: CellEnded) -> bool:
    """Whether an error tells of a class that the same exercise defines."""
    told = {name for names in CLASS.findall(end.evalue or "") for name in names if name}
    own = (parse_cell(c.source) for c in evidence.of(end.exercise or "", CellRead))
    return any(isinstance(node, ast.ClassDef) and node.name in told
               for tree in own if tree for node in ast.walk(tree))  # fmt: skip


def misspells(evidence: Evidence, end: CellEnded) -> bool:
    """Whether the line that raised itself asks an object of torch or of a class for what it lacks.

    An object of another kind, such as a list in a model's place, was made wrong before.
    """
    told = LACKS.search(end.evalue or "") if end.ename == "AttributeError" else None
    if told is None or told.group(1) in PLAIN_KINDS:
        return False
    cell = next((c for c in evidence.everywhere(CellRead) if c.cell == end.cell), None)
    at_work = statement_at(parse_cell(cell.source), end.line) if cell else None
    return at_work is not None and any(
        isinstance(n, ast.Attribute) and n.attr == told.group(2) for n in ast.walk(at_work)
    )


def statement_at(tree: ast.Module | None, line: int | None) -> ast.AST | None:
    """The smallest statement at a line; of one that holds others, only what stands before them."""
    if tree is None or line is None:
        return None
    at = [n for n in ast.walk(tree) if isinstance(n, ast.stmt)
          and n.lineno <= line <= (n.end_lineno or n.lineno)]  # fmt: skip
    if not at:
        return None
    inner = min(at, key=lambda n: (n.end_lineno or n.lineno) - n.lineno)
    if isinstance(inner, (ast.For, ast.AsyncFor)):
        return inner.iter
    if isinstance(inner, (ast.While, ast.If)):
        return inner.test
    if isinstance(inner, (ast.With, ast.AsyncWith)):
        return ast.Tuple(elts=[i.context_expr for i in inner.items], ctx=ast.Load())
    return inner


def names_read(node: ast.AST) -> set[str]:
    """The names that code reads, but for the arguments of functions in it."""
    own = {a.arg for f in ast.walk(node) if isinstance(f, Function)
           for a in (*f.args.posonlyargs, *f.args.args, *f.args.kwonlyargs)}  # fmt: skip
    read = {n.id for n in ast.walk(node)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}  # fmt: skip
    return read - own
