"""The attacks of tests/hostile/ as hand-ins: plain data becomes notebooks."""

from __future__ import annotations

import base64
import json
import runpy
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

TESTS = Path(__file__).resolve().parent
FOLDER = TESTS / "hostile"
MAKE = runpy.run_path(str(TESTS / "make_golden.py"))

Data = dict[str, Any]

FORGED = (
    'add("operation", op="rand", inputs=[7, 7], named={}, outputs=["t900"],'
    ' seed={"generator": "cpu", "value": 5}, error=None);'
    ' add("tensor", handle="t900", ways=["output", "bound", "kept"], names=["x"], of="torch",'
    ' shape=[7, 7], dtype="float32", device="cpu", requires_grad=False,'
    " values=[(n * n % 53) / 53 for n in range(49)], digest=None, stats=None)"
)
"""The facts of a right answer to exercise 2, told to a function `add`."""

ENCODED = (
    "import gc\nfor found in gc.get_objects():\n"
    "    if type(found).__name__ == 'Recorder' and hasattr(found, 'drain'):\n"
    f"        add = found.add; {FORGED}\n"
)
LONG = {
    "forged": FORGED,
    "encoded": base64.b64encode(ENCODED.encode()).decode(),
    "magics": "%pwd\n" * 40 + "x = 1\n" * 1500,
    "headings": "".join(f"## {n}. A random {n} by 7 tensor, nearly\n" for n in range(4000)),
    "deep": "(" * 50_000 + "1" + ")" * 50_000,
    "attributes": "x" + ".real" * 5000,
    "tensors": "".join(f"t{n} = torch.rand(7, 7) @ torch.rand(7, 7)\n" for n in range(120)),
}
"""What is too long, or too often needed, to stand in the cases."""


class Attack(BaseModel):
    """One hand-in that tries something, and what has to come of it.

    Attributes:
        name: of the file that it stands in, and its own.
        rows: which of the known attacks it is; README.md lists them.
        tries: one sentence.
        base: blank, or honest where right answers stand in the exercises that are not named.
        cells: the notebook in the form of tests/golden/cases.toml.
        id: of every cell; None for ordinary ones.
        dangerous: whether it would harm a machine without a fence; it does nothing without one.
        tried: whether it prints "tried" as its last act, so that nothing stopped it on the way.
        earned: the most points it may have for certain.
        ending: how the run may end.
        reason: a part of one of the reasons for a person.
        noticed: whether it must go to a person, with a grade that is not final.
        final: whether the grade is final; None where both are fair.
        raised: an exercise whose cell must be told to have raised.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    rows: list[int] = Field(min_length=1)
    tries: str
    base: str = Field("blank", pattern="^(blank|honest)$")
    cells: Data
    id: str | None = None
    dangerous: bool = False
    tried: bool = True
    earned: float = 0
    ending: str | list[str] = "finished"
    reason: str = ""
    noticed: bool = False
    final: bool | None = None
    raised: int | None = None

    @property
    def endings(self) -> list[str]:
        """The endings it may have."""
        return [self.ending] if isinstance(self.ending, str) else self.ending

    def notebook(self, known: Mapping[str, str]) -> bytes:
        """The hand-in's file, with what the attacker knows about the machine filled in."""
        honest = answers()
        blank = dict.fromkeys(honest["titles"], MAKE["BLANK"])
        base = honest if self.base == "honest" else {**blank, "titles": honest["titles"]}
        cells = dict(self.cells)
        if self.dangerous:
            cells |= {key: guarded(cell) for key, cell in cells.items() if key.isdigit()}
        book = json.loads(MAKE["as_file"]({**base, "setup": "import torch", **cells}))
        if self.id is not None:
            for cell in book["cells"]:
                cell["id"] = self.id
        book["metadata"]["case"] = self.name
        return filled(json.dumps(book, indent=1), {**LONG, **known}).encode()


def answers() -> Data:
    """The golden set's right answers."""
    base: Data = MAKE["read"](TESTS / "golden")["base"]
    return base


def filled(book: str, known: Mapping[str, str]) -> str:
    """A notebook's JSON with every <<name>> replaced by what is known under that name."""
    for name, text in known.items():
        book = book.replace(f"<<{name}>>", json.dumps(text)[1:-1])
    return book


def guarded(cell: object) -> object:
    """A cell that does nothing unless its process is the first of a namespace: a fence's."""
    if isinstance(cell, list):
        return [guarded(part) for part in cell]
    return f"import os\nif os.getpid() != 1:\n    raise RuntimeError('NO FENCE')\n{cell}"


def attacks() -> list[Attack]:
    """Every attack of the folder, in the order of its files."""
    found = []
    for path in sorted(FOLDER.glob("*.toml")):
        for name, case in tomllib.loads(path.read_text(encoding="utf-8")).items():
            own = {k: v for k, v in case.items() if k in Attack.model_fields}
            cells = {k: v for k, v in case.items() if k not in own}
            found.append(Attack(name=f"{path.stem}-{name}", cells=cells, **own))
    return found
