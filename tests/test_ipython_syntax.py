"""Magics and shell lines become what IPython makes of them, each token read once."""

from __future__ import annotations

import ast

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from grader.ipython_syntax import MOST_WORK, Transformer, line_by_line
from grader.notebook import MOST_REMEMBERED, parse_cell, remembered, to_python

CELLS = [
    "%pwd\nx = 1\n!ls {x}\ny = !ls\nz = %time f(",
    "if x:\n    %pwd\n    y = 1\nelse:\n    !ls\nz?",
    "for i in a:\n    for j in b:\n        !echo {i}\n    c = %who\nd??",
    "x = (1\n  % 2)\n%pwd\n'''\n%text\n'''\n!ls",
    "!echo 'it\n%time x = (\n,f a b\n;f a b\n/f a\n?x",
    "\n\n%%bash\n%pwd\n!ls",
    "!a \\\n  b\n%c \\\n  d\nx = 1",
    ">>> x = 1\n>>> %pwd\n>>> !ls",
]


@pytest.mark.parametrize("source", CELLS)
def test_cells_become_what_ipython_makes_of_them(source: str) -> None:
    assert Transformer().transform_cell(source) == TransformerManager().transform_cell(source)


def work(source: str) -> int:
    transformer = Transformer()
    transformer.transform_cell(source)
    return transformer.work


def test_more_magics_are_no_more_work_than_their_own_tokens() -> None:
    body = "x = 1\n" * 500
    assert work("%pwd\n" * 300 + body) < work("%pwd\n" + body) + 300 * 20


def test_more_lines_than_ipython_takes_are_refused_as_there() -> None:
    source = "%pwd\n" * 501
    assert to_python(source) == source
    assert parse_cell(source) is None


STRANGE = {
    "brackets in magics": "%pwd (\n" * 150 + "x = 1\n" * 5000,
    "magic and a long cell": "%pwd\n" + "x = 1\n" * (MOST_WORK // 4),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", STRANGE)
def test_what_is_too_much_is_read_line_by_line_with_the_python_in_sight(name: str) -> None:
    tree = parse_cell(STRANGE[name])
    assert tree is not None
    assert len(tree.body) == STRANGE[name].count("\n")


def test_quotes_without_end_are_given_up() -> None:
    assert parse_cell("x = " + "\\'" * 20_000) is None


def test_line_by_line_lines_keep_their_number_and_indentation() -> None:
    source = "if x:\n    %time f()\n    y = !ls -l\nz = 1 % 2\n!pip install a\n"
    python = line_by_line(source)
    assert ast.parse(python).body[1].lineno == 4
    assert python.split("\n")[1] == "    get_ipython().run_line_magic('time', 'f()')"
    assert python.split("\n")[2] == "    y = get_ipython().system('ls -l')"


def test_a_cell_is_turned_into_python_once_however_often_it_is_looked_at() -> None:
    source = "%pwd\n" + "looked_at = 1\n" * 20
    parse_cell(source)
    before = remembered.cache_info()
    assert parse_cell(source) is not parse_cell(source)  # callers may number lines anew
    assert remembered.cache_info().misses == before.misses
    long = source + "#" * MOST_REMEMBERED
    parse_cell(long)
    assert remembered.cache_info().currsize == before.currsize
