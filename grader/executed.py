"""The notebook with the outputs of our run, as plain text and checked pictures.

What a cell shows is for the student to shape: any format, any number of them, any text. Text is
kept as text, PNG and JPEG pictures that really are such are kept as pictures, and of everything
else only the format's name is kept. Nothing here is markup.
"""

from __future__ import annotations

import base64
import binascii
import json
import struct
from typing import Any, Literal, NamedTuple

from grader.notebook import Notebook

Channel = Literal["stdout", "stderr", "result", "display", "error"]

MOST_PICTURE_BYTES = 3_000_000
MOST_PIXELS = 40_000_000
"""More than any plot has; a small file can claim a picture that no browser can hold."""

PICTURES = ("image/png", "image/jpeg")
PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
SIZED = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""Markers of a JPEG after which its height and width stand."""


class Picture(NamedTuple):
    """A picture in a format that only shows.

    Attributes:
        mime: image/png or image/jpeg.
        data: its bytes in base64, written anew.
        width: in pixels.
        height: in pixels.
    """

    mime: str
    data: str
    width: int
    height: int


class Output(NamedTuple):
    """One output of a cell.

    Attributes:
        channel: where it came out.
        text: its plain text; of an error the traceback.
        picture: what may be shown of it as a picture.
        headline: of an error its class and message.
        left_out: formats of it that are not shown though nothing stands for them, by name.
    """

    channel: Channel
    text: str
    picture: Picture | None = None
    headline: str = ""
    left_out: tuple[str, ...] = ()


class ExecutedCell(NamedTuple):
    """A cell of the executed notebook; `number` counts from 1, as reports do."""

    number: int
    kind: Literal["code", "markdown", "raw"]
    source: str
    outputs: tuple[Output, ...]


def read_executed(text: str) -> tuple[ExecutedCell, ...]:
    """The cells of `executed.ipynb`.

    Raises:
        ValueError: it is no notebook.
    """
    try:
        content = json.loads(text)
    except RecursionError as problem:
        raise ValueError("nested too deeply") from problem
    raw = content.get("cells") if isinstance(content, dict) else None
    if not isinstance(raw, list):
        raise ValueError("a notebook without a list of cells")
    return tuple(executed_cell(i, c) for i, c in enumerate(raw, 1) if isinstance(c, dict))


def as_text(notebook: Notebook) -> str:
    """Cells that did not run as the text that `read_executed` reads."""
    none: dict[str, Any] = {"execution_count": None, "outputs": []}
    cells: list[dict[str, Any]] = [
        {"cell_type": cell.kind, "metadata": {}, "source": cell.source,
         **(none if cell.kind == "code" else {})}
        for cell in notebook.cells
    ]  # fmt: skip
    content = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells}
    return json.dumps(content, indent=1)


def executed_cell(number: int, raw: dict[str, Any]) -> ExecutedCell:
    """One cell; what is neither code nor markdown is shown as it is."""
    kind: Literal["code", "markdown", "raw"] = "raw"
    if raw.get("cell_type") == "code":
        kind = "code"
    elif raw.get("cell_type") == "markdown":
        kind = "markdown"
    listed = raw.get("outputs")
    outputs: list[Output] = []
    for item in listed if isinstance(listed, list) else []:
        new = output(item) if isinstance(item, dict) else None
        last = outputs[-1] if outputs else None
        if new and last and new.channel == last.channel and new.channel in ("stdout", "stderr"):
            outputs[-1] = last._replace(text=last.text + new.text)
        elif new:
            outputs.append(new)
    return ExecutedCell(number, kind, joined(raw.get("source")), tuple(outputs))


def output(raw: dict[str, Any]) -> Output | None:
    """One output; None for a kind that notebooks do not have."""
    kind = raw.get("output_type")
    if kind == "stream":
        return Output(
            "stderr" if raw.get("name") == "stderr" else "stdout", joined(raw.get("text"))
        )
    if kind == "error":
        lines = raw.get("traceback")
        trace = "\n".join(map(str, lines)) if isinstance(lines, list) else ""
        return Output("error", trace, headline=f"{raw.get('ename')}: {raw.get('evalue')}"[:500])
    if kind not in ("execute_result", "display_data"):
        return None
    data = raw.get("data")
    data = data if isinstance(data, dict) else {}
    shown = next((p for m in PICTURES if (p := picture(joined(data.get(m)), m))), None)
    refused = [m for m in PICTURES if m in data and shown is None]
    others = [str(m) for m in data if m not in ("text/plain", *PICTURES)]
    return Output(
        "result" if kind == "execute_result" else "display",
        joined(data.get("text/plain")),
        shown,
        left_out=(*refused, *(others[:5] if shown is None and "text/plain" not in data else ())),
    )


def joined(text: object) -> str:
    """Text that notebooks keep whole or line by line."""
    if isinstance(text, list):
        return "".join(map(str, text))
    return text if isinstance(text, str) else ""


def picture(encoded: str, mime: str) -> Picture | None:
    """The picture in base64 text; None for what is none, too large, or of another format."""
    if not encoded or len(encoded) > 2 * MOST_PICTURE_BYTES:
        return None
    try:
        data = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    size = size_of_png(data) if mime == "image/png" else size_of_jpeg(data)
    if size is None or len(data) > MOST_PICTURE_BYTES or not 0 < size[0] * size[1] <= MOST_PIXELS:
        return None
    return Picture(mime, base64.b64encode(data).decode("ascii"), *size)


def size_of_png(data: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG; None for other bytes."""
    if len(data) < 33 or not data.startswith(PNG) or data[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def size_of_jpeg(data: bytes) -> tuple[int, int] | None:
    """Width and height of a JPEG, from the segment that tells them; None for other bytes."""
    if not data.startswith(JPEG):
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        if data[at + 1] in SIZED:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None
