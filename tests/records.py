"""Records made by hand, among them one whose every text tries to be more than text."""

from __future__ import annotations

import base64
import json
import struct
from functools import cache
from pathlib import Path
from typing import Any
from zlib import compress, crc32

from grader.assignment import load_assignment
from grader.evidence import Evidence
from grader.grade import Grade, judge, mark
from grader.record import folders, write_record
from grader.report import Records
from grader.reporting import Asked, write_overviews, write_reports
from grader.reports.index import index
from grader.rubric import load_rubric
from grader.scene import Scene

ROOT = Path(__file__).parents[1]
ID = "00-fundamentals"

BAIT = (
    "</style></script><script>document.title='taken'</script><img src=x onerror=\"alert(1)\">"
    "<svg onload=alert(1)><a href='javascript:alert(1)'>x</a><!-- {{ 7 * 7 }} \u202e\x1b[31m"
)
MARKDOWN = f"""# Heading <script>alert(1)</script>

[js](javascript:alert(1)) [data](data:text/html,<script>alert(1)</script>) [ok](https://example.org/)
[vb]( vbscript:x) [entity](&#106;avascript:alert(1)) <javascript:alert(1)>
![picture](https://example.org/track.png) ![inline](data:image/svg+xml;base64,AAAA "t")
<iframe src="https://example.org"></iframe> <style>body{{display:none}}</style>

| a | b |
|:--|--:|
| <b onclick=alert(1)>c</b> | `</code><script>alert(1)</script>` |

```"><script>alert(1)</script>
{BAIT}
```

[late]: javascript:alert(1)
[late]
"""


@cache
def asked() -> Asked:
    """Chapter 00."""
    assignment = load_assignment(ROOT, ID)
    return Asked(assignment, load_rubric(ROOT, assignment))


def png(width: int = 4, height: int = 3) -> str:
    """A white picture in base64; what it claims to be and what it is may differ in size."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = compress(b"".join(b"\0" + b"\xff" * min(width, 99) for _ in range(min(height, 99))))
    data = chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + data).decode()


def jpeg(width: int = 4, height: int = 3) -> str:
    """The first segments of a JPEG in base64."""
    app = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + bytes(9)
    size = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + bytes(3)
    return base64.b64encode(b"\xff\xd8" + app + size + b"\xff\xd9").decode()


def code(source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    """A code cell and what it showed."""
    return {"cell_type": "code", "source": source, "outputs": list(outputs)}


def text(source: str) -> dict[str, Any]:
    """A markdown cell."""
    return {"cell_type": "markdown", "source": source}


def printed(said: str, name: str = "stdout") -> dict[str, Any]:
    """An output that was printed."""
    return {"output_type": "stream", "name": name, "text": said}


def shown(**data: str) -> dict[str, Any]:
    """An output that was displayed; `text_plain` stands for text/plain."""
    formats = {name.replace("_", "/"): value for name, value in data.items()}
    return {"output_type": "display_data", "data": formats}


def raised(name: str, message: str, *trace: str) -> dict[str, Any]:
    """An error."""
    return {"output_type": "error", "ename": name, "evalue": message, "traceback": list(trace)}


def executed(*cells: dict[str, Any]) -> str:
    """An executed notebook."""
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)})


def graded(evidence: Evidence, chapter: Asked) -> Grade:
    """What evidence is worth."""
    return mark(evidence, judge(evidence, chapter.rubric, chapter.assignment), chapter.assignment)


def write(out: Path, evidence: Evidence, notebook: str | None) -> Grade:
    """A record with its pages, and the pages of the batch so far."""
    chapter = asked()
    grade = graded(evidence, chapter)
    folder = write_record(out, evidence, grade, notebook)
    assert not write_reports(folder, grade, evidence, notebook, chapter)
    return grade


def honest(student: str, seed: int = 0) -> tuple[Evidence, str]:
    """Exercises 2 to 4, the last under a seed of the student's choice; the rest is left out."""
    scene = Scene()
    scene.cell("2", "X = torch.rand(7, 7)")
    scene.tensor([7, 7], random=True)
    product(scene.cell("3", "Y"), 0.31, 2**41)
    product(scene.cell("4", "Z"), 0.0, seed)
    scene.trains(losses=[0.9 - 0.01 * i for i in range(60)], backwards=60)
    notebook = executed(
        code("X = torch.rand(7, 7)", printed("one\n" * 100)),
        code("Y"),
        code("Z", shown(text_plain="tensor(…)", image_png=png())),
    )
    return scene.evidence(student=student, assignment=ID, initial_seed=7), notebook


def product(scene: Scene, start: float, seed: int) -> None:
    """Two random tensors and the product that exercises 3 and 4 ask for."""
    first = [round(0.3 + (start + i * 0.754877666) % 0.6, 4) for i in range(49)]
    second = [round(0.2 + (start + i * 0.569840291) % 0.7, 4) for i in range(7)]
    rows = [first[r : r + 7] for r in range(0, 49, 7)]
    numbers = [sum(a * b for a, b in zip(row, second, strict=True)) for row in rows]
    x = scene.tensor([7, 7], first, random=True, seed=seed)
    y = scene.tensor([1, 7], second, random=True, seed=seed)
    turned = scene.tensor([7, 1], second, ways=("output",))
    scene.op("T", [y], [turned])
    scene.op("matmul", [x, turned], [scene.tensor([7, 1], numbers, ways=("output", "shown"))])


def hostile(student: str = "mal <b>lory</b>") -> tuple[Evidence, str]:
    """Everything a hand-in can say, said by somebody who wants out of the page."""
    scene = Scene().cell("2", BAIT)
    scene.tensor([3, 1], device=BAIT[:100], dtype=BAIT[:100])
    scene.ends("raised", BAIT[:100], BAIT)
    scene.cell("5", BAIT).seed(BAIT[:100], 1).doubts(BAIT)
    scene.cell("6", BAIT)
    scene.tensor([2, 3], device=BAIT[:100])
    scene.cell("7", "x").ends("raised", "NameError", f"name '{BAIT}' is not defined")
    notebook = executed(
        code(
            BAIT,
            printed(BAIT),
            printed(BAIT, "stderr"),
            shown(text_html=BAIT, text_plain=BAIT),
            shown(text_html=BAIT),
            shown(**{"image_svg+xml": BAIT, "application_javascript": "alert(1)"}),
            shown(image_png=base64.b64encode(BAIT.encode()).decode(), text_plain="fake"),
            {"output_type": "display_data", "data": {BAIT: "x"}},
            raised(BAIT, BAIT, f"\x1b[31m{BAIT}\x1b[0m", BAIT),
        ),
        code(BAIT, shown(image_png=png(), text_plain="a figure")),
        code(f"'{BAIT}'  # {BAIT}\nf'''{BAIT}'''"),
        code("x"),
        text(MARKDOWN),
        {"cell_type": "raw", "source": BAIT},
    )
    scene.trains(
        optimizer={"type": BAIT[:60], "settings": {"lr": 1.0}, "groups": 1},
        loss={"kind": BAIT[:60]}, losses=["nan", "-inf", 1e300, 0.5, -3.0],
    )  # fmt: skip
    evidence = scene.evidence(
        student=student, assignment=ID, uncertain=[BAIT], why=BAIT, ending="out_of_time",
        sandbox=BAIT, torch=BAIT, devices=BAIT,
    )  # fmt: skip
    return evidence, notebook


def write_batch(out: Path) -> list[Grade]:
    """A batch of honest hand-ins, a hostile one, and one that could not be read."""
    unread = Scene().evidence(
        student="zoe", assignment=ID, ending="unreadable", why="zoe.ipynb: the file is empty"
    )
    made = [  # in the order of their folders
        write(out, *honest("Anna Lindqvist", 4)),
        write(out, *hostile("Mal @lory+1 ñ")),
        write(out, *honest("bob")),
        write(out, unread, None),
    ]
    assert not write_overviews(out, folders(out), ROOT)
    return made


def class_page(records: Records) -> str:
    """The page of a batch as one text."""
    return "".join(index(records))
