"""Functions that a hand-in can take hold of, and what lies behind them.

Whatever torch, IPython or a tensor keeps of ours is a door: a plain function whose only way
inwards is a default of its own. CPython tells the trip-wire whenever somebody asks a function for
its defaults, and nobody can switch that off. A closure, a method's object, an attribute and the
names of a module are given away in silence, so a door has none of them that lead further, and
this module imports nothing of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def door(within: Callable[..., Any]) -> Callable[..., Any]:
    """A function that does what another does, and does not lead to it."""

    def way_in(*args: Any, _within: Callable[..., Any] = within, **kwargs: Any) -> Any:
        __tracebackhide__ = True  # IPython leaves such frames out of tracebacks
        return _within(*args, **kwargs)

    return way_in


def weakly_kept(table: Any) -> Any:
    """A dictionary of torch's with weak keys, of which its keys tell nothing.

    Everybody can ask a tensor for the weak references to it, and those for their callback.
    """
    table._remove = door(table._remove)
    return table
