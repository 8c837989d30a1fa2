"""Writes the hand-ins of the golden set: plain data from cases.toml becomes notebooks.

    python tests/golden/make.py

The notebooks of this folder and of golden_endings/ are written anew, byte for byte the same each
time. What is expected of them is in expect.toml, written by hand.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
FOLDERS = (HERE, HERE.parent / "golden_endings")

Data = dict[str, Any]

TITLES = {
    1: "Read the documentation",
    2: "A random 7 by 7 tensor",
    3: "Multiply it with a random 1 by 7 tensor",
    4: "Repeat both under seed 0",
    5: "Seed the GPU's own generator",
    6: "Two random 2 by 3 tensors on the GPU",
    7: "Multiply the two GPU tensors",
    8: "Largest and smallest value of the product",
    9: "Where the largest and smallest value are",
    10: "Drop the dimensions of size 1",
}
BLANK = "# your answer"


def notebooks(folder: Path) -> dict[str, bytes]:
    """Every notebook of a folder by its file name."""
    base = read(HERE)["base"]
    cases = {name: case for name, case in read(folder).items() if name != "base"}
    return {f"{name}.ipynb": as_file({**base, **case}) for name, case in cases.items()}


def read(folder: Path) -> Data:
    """A folder's cases."""
    return tomllib.loads((folder / "cases.toml").read_text(encoding="utf-8"))


def as_file(case: Data) -> bytes:
    """One case as the bytes of its file."""
    if "bytes" in case:
        return str(case["bytes"]).encode()
    minor = case.get("minor", 5)
    shared = case.get("cell_metadata", {})
    cells = [as_cell(item, shared, joined="joined" in case) for item in items(case)]
    if minor >= 5:
        cells = [{**cell, "id": f"c{number}"} for number, cell in enumerate(cells)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    book = {
        "cells": cells,
        "metadata": case.get("metadata", {"kernelspec": kernel}),
        "nbformat": 4,
        "nbformat_minor": minor,
    }
    text = json.dumps(book, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    return text.replace("\\\\ud83d", "\\ud83d").encode()  # TOML cannot hold a lone surrogate


def items(case: Data) -> list[Any]:
    """A case's cells from top to bottom; an exercise -n stands for n as the template gives it."""
    found = [case["setup"]] if case["setup"] else []
    found += case.get("before", [])
    headings = {int(n): text for n, text in case.get("headings", {}).items()}
    for exercise in case.get("order", range(1, 11)):
        n = abs(exercise)
        heading = headings.get(n, f"## {n}. {TITLES[n]}")
        found += [{"markdown": heading}] if heading else []
        answer = case.get(str(n), []) if exercise > 0 else BLANK
        found += answer if isinstance(answer, list) else [answer]
    return found + list(case.get("after", []))


def as_cell(item: str | Data, metadata: Data, *, joined: bool) -> Data:
    """One cell: a string is code, a table says more."""
    item = {"source": item} if isinstance(item, str) else item
    kind = next((k for k in ("markdown", "raw") if k in item), "code")
    source = str(item.get("source", item.get(kind, ""))).rstrip("\n")
    cell: Data = {
        "cell_type": kind,
        "metadata": metadata,
        "source": source if joined else source.splitlines(keepends=True),
    }
    if "attachments" in item:
        cell["attachments"] = item["attachments"]
    if kind == "code":
        outputs = stored(item)
        cell |= {"execution_count": 1 if outputs else None, "outputs": outputs}
    return cell


def stored(item: Data) -> list[Data]:
    """Outputs that the hand-in carries from an earlier run."""
    outputs: list[Data] = []
    if "shows" in item:
        outputs.append(
            {"output_type": "execute_result", "execution_count": 1, "metadata": {},
             "data": {"text/plain": item["shows"]}}
        )  # fmt: skip
    if "error" in item:
        outputs.append(
            {"output_type": "error", "ename": item["error"], "evalue": "ignored", "traceback": []}
        )
    return outputs


def main() -> None:
    """Write the notebooks, and remove those that have no case any more."""
    for folder in FOLDERS:
        made = notebooks(folder)
        for old in folder.glob("*.ipynb"):
            if old.name not in made:
                old.unlink()
        for name, data in made.items():
            (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
