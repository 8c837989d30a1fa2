"""What a cell showed, as facts; and how it ended."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from grader.facts import CellEnded, CellEnding, OutputSeen

if TYPE_CHECKING:
    from nbformat import NotebookNode

ADDRESS = re.compile(r"\b0x[0-9a-f]{6,16}\b")
COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
FOLDER = re.compile(r"(?:/[\w.-]+){0,8}/grader-\w{8}(?:/work)?")
PROCESS = re.compile(r"ipykernel_\d+")
OWN_LINE = re.compile(r"(?:Cell In\[\d+\], line |ipykernel_[^\n]*?line )(\d+)")


def outputs_seen(
    cell: NotebookNode, index: int, exercise: str | None, kept: int
) -> list[OutputSeen]:
    """A cell's outputs of our run, text cut at `kept` characters.

    A stream arrives in as many pieces as the kernel's clock makes of it; neighbours are joined, so
    that the facts of two runs have the same numbers.
    """
    seen: list[OutputSeen] = []
    for output in cell.get("outputs", []):
        kind = output.get("output_type")
        if kind == "stream":
            channel: Literal["stdout", "stderr", "result", "display"] = (
                "stderr" if output.get("name") == "stderr" else "stdout"
            )
            mimes, text = ["text/plain"], output.get("text", "")
        elif kind in ("execute_result", "display_data"):
            channel = "result" if kind == "execute_result" else "display"
            data = output.get("data")
            data = data if isinstance(data, dict) else {}
            mimes = [steady(str(m)[:120]) for m in list(data)[:20]]
            text = data.get("text/plain", "")
        else:
            continue
        last = seen[-1] if seen else None
        if kind == "stream" and last is not None and last.channel == channel:
            text = last.text + str(text)
            seen.pop()
        seen.append(
            OutputSeen(
                cell=index, exercise=exercise, channel=channel, mimes=mimes,
                text=steady(head_and_tail(str(text), kept)),
            )
        )  # fmt: skip
    return seen


def cell_ended(
    cell: NotebookNode,
    index: int,
    exercise: str | None,
    ending: CellEnding | None,
    reply: dict[str, Any],
) -> CellEnded:
    """How a cell ended: as the host says, or as the kernel's reply and the cell's outputs show.

    What is displayed of an error is for the student to shape; the reply tells of one all the same.
    """
    error: dict[str, Any] = next(
        (o for o in cell.get("outputs", []) if o.get("output_type") == "error"), {}
    )
    if not error and reply.get("status") == "error":
        error = reply
    told = error.get("traceback")
    trace = COLOUR.sub("", "\n".join(map(str, told)) if isinstance(told, list) else "")
    if ending is None and error.get("ename") == "StdinNotImplementedError":
        ending = "asked_for_input"
    lines = OWN_LINE.findall(trace)
    return CellEnded(
        cell=index,
        exercise=exercise,
        ending=ending or ("raised" if error else "finished"),
        line=int(lines[0]) if lines else None,
        ename=steady(str(error.get("ename", ""))[:120]) if error else None,
        evalue=steady(str(error.get("evalue", ""))[:2000]) if error else None,
    )


def head_and_tail(text: str, most: int) -> str:
    """Text without its middle where it is too long: an answer may stand below a long table."""
    if len(text) <= most:
        return text
    return f"{text[: most // 2]}\n[…]\n{text[-(most // 2) :]}"


def steady(text: str) -> str:
    """Text without what differs from run to run: addresses, process numbers, our folder."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    text = FOLDER.sub("/content", ADDRESS.sub("0x0", COLOUR.sub("", text)))
    return PROCESS.sub("ipykernel_0", text)
