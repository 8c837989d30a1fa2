"""Functions that a hand-in can take hold of, and what lies behind them.

Whatever torch, IPython or a tensor keeps of ours is a door: a plain function whose only way
inwards is a default of its own. CPython tells the trip-wire whenever somebody asks a function for
its defaults, and nobody can switch that off. A closure, a method's object, an attribute and the
names of a module are given away in silence, so a door has none of them that lead further, and
this module imports nothing of ours.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

identity = object.__hash__
"""Tells living objects apart as `id` does, whose every call CPython tells the trip-wire."""


def door(within: Callable[..., Any]) -> Callable[..., Any]:
    """A function that does what another does, and does not lead to it."""

    def way_in(*args: Any, _within: Callable[..., Any] = within, **kwargs: Any) -> Any:
        __tracebackhide__ = True  # IPython leaves such frames out of tracebacks
        return _within(*args, **kwargs)

    return way_in


def after(look: Callable[..., Any], original: Callable[..., Any]) -> Callable[..., Any]:
    """A function that does what the original does; then its result and arguments are looked at.

    Args:
        look: is given the result, and the arguments after it.
        original: may raise; then nothing is looked at.
    """

    @functools.wraps(original)
    def way_in(
        *args: Any, _look: Callable[..., Any] = look, _do: Callable[..., Any] = original,
        **kwargs: Any,
    ) -> Any:  # fmt: skip
        __tracebackhide__ = True  # IPython leaves such frames out of tracebacks
        result = _do(*args, **kwargs)
        _look(result, *args, **kwargs)
        return result

    return way_in


def before(look: Callable[..., Any], original: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose arguments are looked at before it does what the original does."""

    @functools.wraps(original)
    def way_in(
        *args: Any, _look: Callable[..., Any] = look, _do: Callable[..., Any] = original,
        **kwargs: Any,
    ) -> Any:  # fmt: skip
        __tracebackhide__ = True
        _look(*args, **kwargs)
        return _do(*args, **kwargs)

    return way_in


def counted(
    original: Callable[..., Any], known: dict[int, Any], count: Callable[..., None]
) -> Callable[..., Any]:
    """`Module.__call__`, with calls of what is not known to be a part of something counted.

    As short as can be: it is there at every call of every module.

    Args:
        original: the call itself.
        known: by `identity`, None for parts that are passed over.
        count: takes the module, what is known of it if anything is, and the arguments.
    """

    @functools.wraps(original)
    def way_in(
        *args: Any, _within: Any = (known, identity, count, original), **kwargs: Any
    ) -> Any:  # one default, and the arguments as they came: Python does no more than it must
        __tracebackhide__ = True
        met, who, look, do = _within
        called = met.get(who(args[0]), met)
        if called is not None:
            look(args[0], None if called is met else called, args[1:])
        return do(*args, **kwargs)

    return way_in


def weakly_kept(table: Any) -> Any:
    """A dictionary of torch's with weak keys, of which its keys tell nothing.

    Everybody can ask a tensor for the weak references to it, and those for their callback.
    """
    table._remove = door(table._remove)
    return table
