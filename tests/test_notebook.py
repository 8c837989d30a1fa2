"""Whatever bytes are handed in, they become cells or a reason."""

from __future__ import annotations

import ast
import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.facts import CellRead
from grader.notebook import Notebook, Unreadable, digest, parse_cell, parse_notebook
from grader.notebook import to_python as python_of

FEW = settings(max_examples=25, deadline=None, derandomize=True)


def as_bytes(*cells: object, **top: object) -> bytes:
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells), **top}
    return json.dumps(content).encode()


def code(source: object, **more: object) -> dict[str, object]:
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], **more}


def read(*cells: object, **top: object) -> Notebook:
    notebook = parse_notebook(as_bytes(*cells, **top))
    assert isinstance(notebook, Notebook), notebook
    return notebook


def reason(data: bytes) -> str:
    result = parse_notebook(data)
    assert isinstance(result, Unreadable)
    assert "\n" not in result.reason
    return result.reason


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (b"\xff\xfe{\x00", "UTF-8"),
        (b"\x89PNG\r\n\x1a\n", "UTF-8"),
        (b"print('hello')", "not JSON"),
        (b'{"nbformat": 4, "cells": [', "not JSON"),
        (b'{"nbformat": 4, "cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "not JSON"),
        (b'{"nbformat": ' + b"9" * 6000 + b"}", "not JSON"),
        (b"[]", "no nbformat"),
        (b"null", "no nbformat"),
        (b'{"cells": []}', "no nbformat"),
        (b'{"nbformat": 3, "worksheets": [{"cells": []}]}', "nbformat 3"),
        (b'{"nbformat": 5, "cells": []}', "nbformat 5"),
        (b'{"nbformat": "4", "cells": []}', "nbformat 4"),
        (b'{"nbformat": null, "cells": []}', "nbformat None"),
        (b'{"nbformat": 4}', "without a list of cells"),
        (b'{"nbformat": 4, "cells": {"0": {}}}', "without a list of cells"),
    ],
)
def test_what_is_no_notebook_gets_a_reason(data: bytes, says: str) -> None:
    assert says in reason(data)


def test_a_huge_file_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.notebook.MAX_BYTES", 10_000)
    assert "clear its outputs" in reason(b"[" * 10_001)


def test_a_byte_order_mark_does_no_harm() -> None:
    notebook = parse_notebook(b"\xef\xbb\xbf" + as_bytes(code("x = 1")))
    assert isinstance(notebook, Notebook)
    assert notebook.cells[0].source == "x = 1"


@pytest.mark.parametrize("minor", [0, 2, 4, 5, 99, "5", None])
def test_every_minor_of_nbformat_4_is_read(minor: object) -> None:
    assert read(code("x"), nbformat_minor=minor).code[0].source == "x"


def test_a_notebook_without_cells_has_none() -> None:
    assert read().cells == ()


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a = 1\nb = 2", "a = 1\nb = 2"),
        (["a = 1\n", "b = 2"], "a = 1\nb = 2"),
        ([], ""),
        ("", ""),
        (["a", 1, None], "a1None"),
        ("\ud800x", "?x"),
        (["\ud83d\ude00"], "😀"),
    ],
)
def test_a_source_is_one_text(source: object, text: str) -> None:
    assert read(code(source)).cells[0].source == text


def test_a_missing_source_is_empty() -> None:
    assert read({"cell_type": "code"}).cells[0].source == ""


def test_odd_items_are_passed_over_and_cells_keep_their_place() -> None:
    odd: list[object] = [None, 3, "text", [], {"cell_type": "heading", "source": "old"}, {}]
    notebook = read(*odd, {"cell_type": ["code"], "source": "x"}, code("y = 1"))
    assert [(c.index, c.kind, c.source) for c in notebook.cells] == [(7, "code", "y = 1")]


def test_code_markdown_and_raw_cells_are_told_apart() -> None:
    kinds = ["code", "markdown", "raw"]
    notebook = read(*({"cell_type": k, "source": k} for k in kinds))
    assert [c.kind for c in notebook.cells] == kinds
    assert [c.source for c in notebook.code] == ["code"]


def test_stored_outputs_and_metadata_are_left_behind() -> None:
    output = {"output_type": "stream", "name": "stdout", "text": "SECRET"}
    cell = code("x", outputs=[output], metadata={"tags": ["SECRET"]}, id="SECRET")
    widget = {"cell_type": "markdown", "source": "m", "attachments": {"a.png": "SECRET"}}
    notebook = read(cell, widget, metadata={"kernelspec": {"name": "SECRET"}})
    assert "SECRET" not in repr(notebook)


@pytest.mark.parametrize("depth", range(880, 1010, 13))
def test_nesting_near_the_recursion_limit_is_a_result_too(depth: int) -> None:
    nested = b"[" * depth + b"]" * depth
    for cells in (nested, b'[{"cell_type": "code", "source": ' + nested + b"}]"):
        result = parse_notebook(b'{"nbformat": 4, "cells": ' + cells + b"}")
        assert isinstance(result, (Notebook, Unreadable))


@FEW
@given(st.binary(max_size=100))
def test_no_bytes_raise(data: bytes) -> None:
    assert isinstance(parse_notebook(data), (Notebook, Unreadable))


JSON = st.recursive(
    st.none() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner,
                                                                max_size=3),
    max_leaves=6,
)  # fmt: skip
CELL = st.fixed_dictionaries(
    {}, optional={"cell_type": st.sampled_from(["code", "markdown", "raw"]) | JSON, "source": JSON}
)


@FEW
@given(JSON)
def test_no_json_raises(content: object) -> None:
    assert isinstance(parse_notebook(json.dumps(content).encode()), (Notebook, Unreadable))


@FEW
@given(st.lists(CELL | JSON, max_size=5))
def test_every_cell_that_is_read_fits_into_utf_8_and_into_evidence(cells: list[object]) -> None:
    for cell in read(*cells).cells:
        assert cell.source.encode().decode() == cell.source
        assert CellRead(cell=cell.index, source=cell.source, written=True)


def test_a_cell_too_long_for_evidence_is_refused_or_cut() -> None:
    notebook = parse_notebook(as_bytes(code("#" * 2_000_001)))
    for cell in notebook.cells if isinstance(notebook, Notebook) else ():
        assert CellRead(cell=cell.index, source=cell.source, written=True)


@pytest.mark.parametrize(
    "source",
    [
        "%matplotlib inline\nx = 1",
        "%%time\nx = 1",
        "!pip install torchmetrics",
        "files = !ls",
        "torch.rand?",
        "torch.rand??",
        "?torch.rand",
        "   x = 1\n   y = 2",
        "\n\n  x = 1",
        "%pip install torch",
        "await thing()",
        "for i in range(3):\n    !echo {i}",
    ],
)
def test_ipython_syntax_is_python(source: str) -> None:
    assert ast.parse(python_of(source)) is not None
    assert parse_cell(source) is not None


@pytest.mark.parametrize(
    "source",
    ["This is prose, not code.", "x = = 1", "def f(:", "'", "(", "\x00", '"""open', "a\\", "%"],
)
def test_text_that_is_no_python_has_no_tree_and_does_no_harm(source: str) -> None:
    parse_cell(source)
    assert isinstance(python_of(source), str)


@pytest.mark.parametrize("source", ["This is prose.", "x = = 1", "def f(:", "(", "\x00"])
def test_prose_is_not_parsed(source: str) -> None:
    assert parse_cell(source) is None


@pytest.mark.parametrize("source", ["(" * 5000, "-" * 9_000 + "1", "x" + ".a" * 3_000])
def test_code_nested_without_end_does_not_raise(source: str) -> None:
    tree = parse_cell(source)
    assert tree is None or isinstance(tree, ast.Module)


def test_reading_a_cell_gives_no_warning_of_python_or_ipython() -> None:
    tree = parse_cell(r"pattern = '\d+'")  # warnings are errors here, on a terminal they are noise
    assert tree is not None
    assert parse_cell("x = 1\x1ey = 2") is None


SNIPPETS = st.lists(
    st.sampled_from(["%", "!", "?", "%%", "\n", " ", "\t", "x", "=", "1", "(", ")", "'", '"""',
                     "\\", ":", "def ", "#", "é", "\f", "\r", ";", "{", "print"]) | st.characters(),
    max_size=14,
)  # fmt: skip


@FEW
@given(SNIPPETS)
def test_no_cell_raises_when_parsed(parts: list[str]) -> None:
    source = "".join(parts)
    assert isinstance(python_of(source), str)
    tree = parse_cell(source)
    assert tree is None or isinstance(tree, ast.Module)


def test_a_digest_passes_over_case_and_white_space() -> None:
    assert digest("# Create  a Tensor\n") == digest("#  create a tensor")
    assert digest("a b") != digest("ab")
    assert len(digest("")) == 12


def test_threads_read_code_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Side by side, Python 3.11 mistakes one thread's nesting for another's."""
    reading: list[int] = []
    most: list[int] = []

    def slow(text: str) -> ast.Module:
        reading.append(1)
        most.append(len(reading))
        time.sleep(0.002)
        reading.pop()
        return ast.Module(body=[], type_ignores=[])

    monkeypatch.setattr(ast, "parse", slow)
    with ThreadPoolExecutor(4) as pool:
        trees = list(pool.map(parse_cell, [f"x = {n}" for n in range(8)]))
    assert all(tree is not None for tree in trees)
    assert len(most) >= len(trees)
    assert max(most) == 1


@pytest.mark.parametrize("above", ["", "\n", "  \n\n"])
def test_a_tree_has_the_lines_of_its_cell(above: str) -> None:
    """IPython drops blank lines at a cell's start; whoever reads the cell counts them."""
    tree = parse_cell(f"{above}a = 1\nb = 2\n")
    assert tree is not None
    assert [node.lineno - above.count("\n") for node in tree.body] == [1, 2]
