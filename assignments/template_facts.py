"""Prints what an assignment.toml needs to know of a template notebook, as digests.

    python assignments/template_facts.py TEMPLATE.ipynb [STARTER.ipynb ...]

For each exercise heading found: the heading's first words, and the digests of the given code
lines below it; at the end the digests of whole given code cells. Digests, because a template may
be somebody else's text.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from grader.headings import HEADING, plain_words
from grader.notebook import Notebook, digest, parse_notebook

WORDS = 9


def facts(notebook: Notebook) -> tuple[dict[str, tuple[str, list[str]]], list[str]]:
    """Per exercise number its heading's first words and line digests; and cell digests."""
    number = ""
    exercises: dict[str, tuple[str, list[str]]] = {}
    cells = []
    for cell in notebook.cells:
        if cell.kind == "markdown":
            for line in cell.source.splitlines():
                heading = HEADING.match(line)
                match = heading and re.match(r"\D{0,12}([1-9]\d?)\b", heading.group(2))
                if heading and match:
                    number = match.group(1)
                    words = plain_words(heading.group(2)).split()[:WORDS]
                    exercises.setdefault(number, (" ".join(words), []))
        elif cell.kind == "code" and cell.source.strip():
            cells.append(digest(cell.source))
            if number:
                lines = [digest(line) for line in cell.source.splitlines() if line.strip()]
                exercises[number][1].extend(lines)
    return exercises, cells


def main() -> None:
    """Print the facts of all notebooks named, as TOML."""
    cells: list[str] = []
    for name in sys.argv[1:]:
        notebook = parse_notebook(Path(name).read_bytes())
        if not isinstance(notebook, Notebook):
            sys.exit(f"{name}: {notebook.reason}")
        found, more = facts(notebook)
        cells += more
        for number, (words, lines) in found.items():
            quoted = ", ".join(f'"{line}"' for line in dict.fromkeys(lines))
            print(f'# exercise {number}\nheadings = ["{words}"]\nlines = [{quoted}]\n')
    print(f"given_cells = [{', '.join(f'{chr(34)}{c}{chr(34)}' for c in dict.fromkeys(cells))}]")


if __name__ == "__main__":
    main()
