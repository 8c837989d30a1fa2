"""Tensors in the text that a cell showed, which the host saw itself."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import chain, islice, pairwise
from typing import NamedTuple

from grader.evidence import Evidence
from grader.facts import CellRead, OutputSeen, TensorSeen
from grader.printed import Listed, last_digit, lists_in
from grader.syntax import literal
from grader.values import agree

MAX_TEXT = 200_000
MAX_BODY = 20_000
MOST = 100
"""Outputs, and tensors, of one cell that are read."""
START = re.compile(r"(?<![\w.='\"])tensor\(")
BODY = re.compile(r"[\[\]\d\s,.eE+\-]*|True|False|[\[\]\s,TrueFals]*")
NUMBER = re.compile(r"[-+]?\d+\.?\d*(?:[eE][-+]?\d{1,3})?|True|False")
REST = re.compile(
    r"(?:,\s+(?:device='(?P<device>[a-z]+(?::\d+)?)'|dtype=torch\.\w+|requires_grad=True"
    r"|grad_fn=<\w+>))*"
)


class Displayed(NamedTuple):
    """A whole tensor as torch writes it.

    Attributes:
        device: None where the text names none, as for the CPU.
        pieces: its numbers as they are printed.
    """

    shape: list[int]
    values: list[float]
    device: str | None
    pieces: list[str]

    def shows(self, tensor: TensorSeen, *, generously: bool = False) -> bool:
        """Whether these can be the tensor's numbers; generously, also under odd print options."""
        values = tensor.values
        if values is None or tensor.shape != self.shape or len(values) != len(self.values):
            return False
        return all(
            abs(shown - told) <= leeway(piece, generously=generously) + 1e-6 * abs(told)
            for shown, told, piece in zip(self.values, values, self.pieces, strict=True)
        )


def leeway(piece: str, *, generously: bool) -> float:
    """How far a printed number may lie from the exact one."""
    if generously and "e" not in piece.lower() and not piece.partition(".")[2]:
        return 0.51
    return (1.5 if generously else 1.02) * last_digit(piece)


def tensors_in(text: str) -> Iterator[Displayed]:
    """The tensors in a text that are written out in full, and in a form that is understood."""
    text = text[:MAX_TEXT]
    for found in islice(START.finditer(text), MOST):
        inside = up_to_the_end(text[found.end() : found.end() + MAX_BODY])
        if inside is not None and (shown := parsed(inside)) is not None:
            yield shown


def up_to_the_end(text: str) -> str | None:
    """The text up to the bracket that closes an open one."""
    depth = 0
    for position, character in enumerate(text):
        if character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
            if depth < 0:
                return text[:position]
    return None


def parsed(inside: str) -> Displayed | None:
    """What stands in `tensor(...)`: numbers in brackets, and then words such as the device."""
    end = inside.rfind("]") + 1
    body, rest = (inside[:end], inside[end:]) if end else (
        inside.partition(",")[0], "".join(inside.partition(",")[1:]))  # fmt: skip
    words = REST.fullmatch(rest.rstrip())
    if words is None or not BODY.fullmatch(body):
        return None
    try:
        nested = literal(body.strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    pieces = NUMBER.findall(body)
    shape = shape_of(nested)
    values = [float(piece == "True") if piece[-1:] == "e" else float(piece) for piece in pieces]
    if shape is None or not values or len(values) != math.prod(shape):
        return None
    return Displayed(shape, values, words["device"], pieces)


def shape_of(nested: object) -> list[int] | None:
    """The shape of nested lists; None where they are of different lengths."""
    if not isinstance(nested, list):
        return []
    inner = [shape_of(item) for item in nested]
    if not inner or None in inner or any(a != b for a, b in pairwise(inner)):
        return None
    return [len(nested), *(inner[0] or [])]


class Displays:
    """What each cell showed: whole tensors, and bracketed lists of numbers."""

    def __init__(self, evidence: Evidence) -> None:
        self._code = {c.cell: c.source for c in evidence.everywhere(CellRead)}
        self._texts: dict[int, list[str]] = {}
        for output in evidence.everywhere(OutputSeen):
            if output.channel != "stderr":
                self._texts.setdefault(output.cell, []).append(output.text)
        self._lists: dict[int, list[Listed]] = {}
        self._tensors: dict[int, list[Displayed]] = {}

    def tensors(self, cell: int) -> list[Displayed]:
        """The tensors a cell wrote out in full; not more than anybody reads."""
        if cell not in self._tensors:
            found = chain.from_iterable(map(tensors_in, self._texts.get(cell, [])[:MOST]))
            self._tensors[cell] = list(islice(found, MOST))
        return self._tensors[cell]

    def cells(self) -> list[int]:
        """The cells that showed something."""
        return list(self._texts)

    def is_cut(self, cell: int) -> bool:
        """Whether a cell's text is not all there."""
        return any("[…]" in text for text in self._texts.get(cell, []))

    def show(self, tensor: TensorSeen) -> bool:
        """Whether a tensor's numbers stand in the output of its cell, and not in its code.

        A single number is too common to say anything, unless torch itself wrote it.
        """
        code = self._code.get(tensor.cell, "")
        for shown in self.tensors(tensor.cell):
            if shown.shows(tensor) and not typed(shown.pieces, code):
                return True
        values = tensor.values or []
        return bool(tensor.shape and values) and any(
            found.depth == len(tensor.shape)
            and len(found.values) == len(values)
            and agree(found.values, values, 1.02 * found.precision)
            and not typed([f"{v:.4f}" for v in found.values], code)
            for found in self._listed(tensor.cell)
        )

    def _listed(self, cell: int) -> list[Listed]:
        if cell not in self._lists:
            texts = (t[:MAX_TEXT] for t in self._texts.get(cell, [])[:MOST])
            found = chain.from_iterable(map(lists_in, texts))
            self._lists[cell] = list(islice(found, 5 * MOST))
        return self._lists[cell]


def typed(pieces: list[str], code: str) -> bool:
    """Whether all printed numbers with decimals stand in the code."""
    exact = [p for p in pieces if len(p.partition(".")[2]) >= 2]
    return bool(exact) and all(p in code for p in exact)
