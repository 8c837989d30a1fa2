"""A hand-in's cells as a notebook that has not run."""

from __future__ import annotations

import nbformat
from nbformat import NotebookNode

from grader.notebook import Notebook


def fresh_notebook(notebook: Notebook) -> NotebookNode:
    """The hand-in's cells without anything else that was submitted with them."""
    make = {
        "code": nbformat.v4.new_code_cell,
        "markdown": nbformat.v4.new_markdown_cell,
        "raw": nbformat.v4.new_raw_cell,
    }
    fresh = nbformat.v4.new_notebook()
    highest = max((c.index for c in notebook.cells), default=-1)
    cells = {c.index: c for c in notebook.cells}
    for index in range(highest + 1):
        cell = cells.get(index)
        made = make[cell.kind](cell.source) if cell else nbformat.v4.new_raw_cell("")
        made["id"] = f"cell-{index}"
        fresh.cells.append(made)
    return fresh
