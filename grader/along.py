"""Python modules that come along with a hand-in: its code as much as its cells are."""

from __future__ import annotations

from collections.abc import Iterable

from grader.brought import Brought
from grader.facts import Doubted
from grader.notebook import Cell, Notebook
from grader.reaching import doubts
from grader.scripts import decoded


def modules(files: Iterable[Brought]) -> dict[str, str]:
    """The source of each module by the name of its file."""
    found = {f.name: decoded(f.data) for f in files if f.name.lower().endswith(".py")}
    return {name: source for name, source in found.items() if source}


def all_doubts(notebook: Notebook, files: Iterable[Brought]) -> list[Doubted]:
    """What the source of a hand-in, its modules included, gives reason to doubt."""
    sources = modules(files)
    first = max((c.index for c in notebook.cells), default=-1) + 1
    names = dict(enumerate(sources, first))
    cells = [Cell(index, "code", sources[name]) for index, name in names.items()]
    found = doubts(Notebook((*notebook.cells, *cells)))
    return [in_module(d, names[d.cell]) if d.cell in names else d for d in found]


def in_module(doubt: Doubted, name: str) -> Doubted:
    """A doubt about a module's code, which has no cell."""
    place = f"(cell {doubt.cell + 1}, line"
    reason = doubt.reason.replace(place, f"({name[-200:]}, line")
    return doubt.model_copy(update={"cell": 0, "line": None, "reason": reason[:2000]})
