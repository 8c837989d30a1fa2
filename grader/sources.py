"""The code of a hand-in, read once for all who look at it without running it."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import NamedTuple

from grader.origins import Origins
from grader.trees import trees


class Sources(NamedTuple):
    """What cells and modules say.

    Attributes:
        trees: of each source: its own syntax tree, and those of the texts that its magics run.
        origins: where the names in them come from.
    """

    trees: tuple[tuple[ast.Module, ...], ...]
    origins: Origins


@lru_cache(maxsize=8)
def read_sources(texts: tuple[str, ...]) -> Sources:
    """The cells of one hand-in, in order.

    Raises:
        RecursionError: they are nested deeper than anybody writes.
        TooEntangled: likewise of names that lead to others.
    """
    found = tuple(tuple(trees(text)) for text in texts)
    return Sources(found, Origins([tree for of_one in found for tree in of_one]))
