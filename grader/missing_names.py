"""Names that a clean run does not define, and what the page says about them.

Cells are run from the top. A name that was set by a cell further down, or by one that is no longer
there, works in the session in which it was written and nowhere else.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from grader.evidence import Evidence
from grader.facts import CellEnded, CellRead
from grader.misspelling import slip_for
from grader.notebook import parse_cell

NOT_DEFINED = re.compile(r"name '(\w+)' is not defined")
OUT_OF_SIGHT = re.compile(r"^\s*(?:from\s+\S+\s+import\s+\*|%run\b|%load|%store\b)|\bexec\(", re.M)
"""Code that may define names which the page does not show."""
ONLY_THERE = "works only in your session"

Scope = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.ListComp,
         ast.SetComp, ast.DictComp, ast.GeneratorExp)  # fmt: skip


def undefined_name(end: CellEnded) -> str:
    """The name whose use ended a cell, if that is what ended it."""
    match = NOT_DEFINED.search(end.evalue or "") if end.ename == "NameError" else None
    return match.group(1) if match else ""


def why_undefined(evidence: Evidence, end: CellEnded, name: str) -> str:
    """Why a name is not there when a cell uses it: one sentence to the student."""
    lost = cell_without(evidence, end, name)
    if lost is not None:
        first = first_of_all(evidence, lost)
        raised = f"{first.ename}: {first.evalue}"[:80]
        because = "" if first is lost else f" because of cell {first.cell + 1}"
        return f"needs {name!r}, which cell {lost.cell + 1} did not set{because}: {raised}"
    sources = {c.cell: c.source for c in evidence.everywhere(CellRead)}
    page = {cell: names_set(source) for cell, source in sources.items()}
    where = sorted(cell for cell, names in page.items() if name in names)
    if where and where[0] > end.cell:
        return f"{ONLY_THERE}: {name!r} is set further down, in cell {where[0] + 1}"
    if where and where[0] == end.cell:
        return f"{ONLY_THERE}: it uses {name!r} before it sets it"
    if where or hides_names(sources.values()):
        return f"uses {name!r}, which a clean run from the top does not define"
    if near := misspelt(evidence, end, name):
        return f"no cell sets {name!r}; {near!r} may be meant"
    return f"{ONLY_THERE}: no cell sets {name!r}"


def misspelt(evidence: Evidence, end: CellEnded, name: str) -> str:
    """What a name may be a slip for that is set nowhere; empty where nothing is near enough.

    That is a name which stands when the cell ends: an earlier cell has set it, or a line above.
    """
    page = evidence.once(names_of_page)
    if page.hidden or name in page.anywhere or cell_without(evidence, end, name):
        return ""
    if (end.cell, name) not in page.slips:
        page.slips[end.cell, name] = slip_for(name, standing(evidence, end))
    return page.slips[end.cell, name]


def standing(evidence: Evidence, end: CellEnded) -> list[str]:
    """The names that are set when a cell ends: in lines above, and in cells that did not fail."""
    failed = {e.cell for e in evidence.everywhere(CellEnded) if e.ending != "finished"}
    sources = {c.cell: c.source for c in evidence.everywhere(CellRead)}
    tree = parse_cell(sources.get(end.cell, ""))
    above = {
        name for node in (at_top_level(tree) if tree else ())
        if getattr(node, "lineno", None) and node.lineno < (end.line or 0)  # type: ignore[attr-defined]
        for name in names_of(node)
    }  # fmt: skip
    earlier = (names_set(s) for c, s in sources.items() if c < end.cell and c not in failed)
    return sorted(above.union(*earlier))


class NamesOfPage(NamedTuple):
    """The names of a hand-in.

    Attributes:
        anywhere: all that are bound somewhere, also inside of functions.
        hidden: whether some cell may define names that are not written on the page.
        slips: what `misspelt` has found, by cell and name.
    """

    anywhere: frozenset[str]
    hidden: bool
    slips: dict[tuple[int, str], str]


def names_of_page(evidence: Evidence) -> NamesOfPage:
    """The names of a hand-in; ask for them with `evidence.once(names_of_page)`."""
    sources = [c.source for c in evidence.everywhere(CellRead)]
    trees = [tree for s in sources if (tree := parse_cell(s))]
    bound = {name for tree in trees for node in ast.walk(tree) for name in names_of(node)}
    arguments = {n.arg for tree in trees for n in ast.walk(tree) if isinstance(n, ast.arg)}
    return NamesOfPage(frozenset(bound | arguments), hides_names(sources), {})


def cell_without(evidence: Evidence, end: CellEnded, name: str) -> CellEnded | None:
    """The first cell above that would have set a name, had it not ended with an error."""
    by_name, unreadable = evidence.once(cut_short)
    pattern = re.compile(rf"\b{re.escape(name)}\b")
    found = [*by_name.get(name, ())[:1], *(o for o, text in unreadable if pattern.search(text))]
    first = min(found, key=lambda other: other.cell, default=None)
    return first if first is not None and first.cell < end.cell else None


def cut_short(
    evidence: Evidence,
) -> tuple[dict[str, list[CellEnded]], list[tuple[CellEnded, str]]]:
    """Cells that an error ended: by the names they would have set, and those nobody can parse."""
    sources = {c.cell: c.source for c in evidence.everywhere(CellRead)}
    by_name: dict[str, list[CellEnded]] = {}
    unreadable = []
    for end in evidence.everywhere(CellEnded):
        if end.ename:
            source = sources[end.cell]
            if parse_cell(source) is None:
                unreadable.append((end, source))
            for name in names_set(source):
                by_name.setdefault(name, []).append(end)
    return by_name, unreadable


def first_of_all(evidence: Evidence, end: CellEnded) -> CellEnded:
    """The first of the errors of which one led to the next, the last to a cell's end."""
    while (name := undefined_name(end)) and (before := cell_without(evidence, end, name)):
        end = before  # of an earlier cell, so this ends
    return end


def hides_names(sources: Iterable[str]) -> bool:
    """Whether some cell may define names that are not written on the page."""
    return any(OUT_OF_SIGHT.search(s) or parse_cell(s) is None for s in sources)


@lru_cache(maxsize=4096)
def names_set(source: str) -> frozenset[str]:
    """Names that a cell sets for the cells after it; nothing if it cannot be parsed.

    What functions and comprehensions set stays inside them, unless they say `global`.
    """
    tree = parse_cell(source)
    found = (name for node in at_top_level(tree) for name in names_of(node)) if tree else ()
    return frozenset(found)


def at_top_level(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a cell, without what lies within functions, classes and comprehensions."""
    waiting = [tree]
    while waiting:  # no recursion: sums of a thousand terms are nested a thousand deep
        for node in ast.iter_child_nodes(waiting.pop()):
            yield node
            if not isinstance(node, Scope):
                waiting.append(node)
            else:
                yield from (n for n in ast.walk(node) if isinstance(n, (ast.Global, ast.NamedExpr)))


def names_of(node: ast.AST) -> list[str]:
    """The names that one node sets."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return [node.id]
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [(a.asname or a.name).split(".")[0] for a in node.names]
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, ast.NamedExpr):
        return [node.target.id]
    if isinstance(node, (ast.MatchAs, ast.MatchStar, ast.ExceptHandler)):
        return [node.name] if node.name else []
    return node.names if isinstance(node, ast.Global) else []
