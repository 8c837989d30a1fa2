"""Runs cells in a kernel as a notebook does, and gives what each shows."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

COURSE = Path(__file__).parents[1]


class Shown(NamedTuple):
    """What a cell showed.

    Attributes:
        plain: everything as text, errors without colours apart from what IPython puts there.
        markdown: what was shown as Markdown.
        error: class of what it raised; empty if it raised nothing.
    """

    plain: str
    markdown: str
    error: str


def start(assignment: str) -> str:
    """The cell that starts self-check."""
    return (
        f"from grader import selfcheck\nq = selfcheck.start({assignment!r}, course={str(COURSE)!r})"
    )


def run_cells(sources: Iterable[str], home: Path, file: Path | None = None) -> list[Shown]:
    """Run cells in a kernel of their own.

    Args:
        sources: of the cells.
        home: for what is remembered of the learner.
        file: the notebook that the kernel is told it runs.
    """
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    environment = {k: v for k, v in os.environ.items() if not k.startswith("JPY")}
    environment |= {"GRADER_HOME": str(home), "PYTHONWARNINGS": "default"}
    environment |= {"JPY_SESSION_NAME": str(file)} if file else {}
    client = NotebookClient(
        notebook, allow_errors=True, timeout=300, startup_timeout=300, kernel_name="python3"
    )
    client.execute(env=environment)
    return [shown(cell.outputs) for cell in notebook.cells]


def shown(outputs: Sequence[dict[str, object]]) -> Shown:
    """What the outputs of a cell are."""
    plain, markdown, error = [], [], ""
    for output in outputs:
        data = output.get("data")
        if isinstance(data, dict):
            plain.append(str(data.get("text/plain", "")))
            markdown.append(str(data.get("text/markdown", "")))
        elif output["output_type"] == "error":
            error = str(output["ename"])
            told = output["traceback"]
            plain.append("\n".join(map(str, told if isinstance(told, list) else ())))
        else:
            plain.append(str(output["text"]))
    return Shown("\n".join(plain), "\n".join(markdown), error)
