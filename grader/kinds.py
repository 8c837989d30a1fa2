"""What a file is, told by its name, and by its content where the name leaves it open."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

Kind = Literal["notebook", "script", "zip", "file"]

NAMED = re.compile(r"(?i)\.(ipynb|py|zip|json)(?:\.(?:txt|json|download))?(?:\s?\(\d+\))?$")
"""Endings of hand-ins, and what browsers and mail programs add to them."""
ABOUT_NOTEBOOK = re.compile(r"(?i)\.ipynb\b|\.json\b")
OURS = {"evidence.jsonl", "executed.ipynb", "grade.json", "source.json", "keys.json"}
"""Files of a record, which may lie among the hand-ins."""
PASSED_OVER = {"__MACOSX", "__pycache__", "node_modules", "site-packages", "Thumbs.db",
               "desktop.ini"}  # fmt: skip
COMPILED = (".so", ".pyd", ".dll", ".dylib", ".pyc", ".exe")
ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")


def kind_of(name: str, data: bytes) -> Kind:
    """What a file is.

    Args:
        name: of the file.
        data: its bytes; only looked into where the name says too little.
    """
    if data.startswith(ZIP_STARTS) and NAMED.search(name):
        return "zip"
    if ABOUT_NOTEBOOK.search(name) and holds_notebook(data):
        return "notebook"
    ending = NAMED.search(name)
    kinds: dict[str, Kind] = {"ipynb": "notebook", "py": "script", "zip": "zip"}
    kind = kinds.get(ending.group(1).lower(), "file") if ending else "file"
    plainly = name.lower().endswith((".ipynb", ".py", ".zip"))
    if kind == "script" and holds_notebook(data):
        return "notebook"
    return kind if plainly or kind == "script" else "file"


def may_be_hand_in(name: str) -> bool:
    """Whether a file's content is worth a look."""
    return NAMED.search(name) is not None or ABOUT_NOTEBOOK.search(name) is not None


def holds_notebook(data: bytes) -> bool:
    """Whether bytes begin like JSON and name the parts of a notebook."""
    start = data[:100].removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith(b"{") and b'"nbformat"' in data and b'"cells"' in data


def stem_of(name: str) -> str:
    """A file's name without the endings that say what it is."""
    ending = NAMED.search(name)
    if ending is None:
        return name
    count = re.search(r"\s?\(\d+\)$", name)
    return name[: ending.start()] + (count.group() if count else "")


def passed_over(parts: Iterable[str]) -> bool:
    """Whether a path is hidden or made by a machine, and so is nobody's hand-in."""
    return any(part.startswith(".") or part in PASSED_OVER for part in parts)


def may_come_along(name: str, data: bytes = b"") -> bool:
    """Whether a file may be brought into the run: no compiled code, no rubric."""
    lower = name.lower()
    if lower.endswith(COMPILED) or re.search(r"\.so\.\d", lower):
        return False
    return not (lower.endswith(".toml") and b"[[criterion]]" in data)
