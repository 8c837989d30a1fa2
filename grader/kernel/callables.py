"""Functions, classes and objects of a cell that can be called on one thing.

They are found by what they are; their names only tell where they lie. Nothing of the student's is
called here: whether something can be called is read from its code.
"""

from __future__ import annotations

import inspect
import os
import re
import sys
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any, NamedTuple

MOST_WRAPPED = 5
SHIFTING = re.compile(r"_+|_\d+|_i+\d*|_oh|_dh|_ih|In|Out")
"""Names that IPython itself binds anew with every cell, to what earlier ones showed."""
STANDARD = os.path.dirname(os.__file__)


class Candidate(NamedTuple):
    """Something to call.

    Attributes:
        name: bound to it.
        by: what it is; of a class, an object is made first.
        type: its class's name, or "function".
        own: whether no package defines it.
        file: whose state a copy of it takes over before it is called; None for itself.
    """

    name: str
    by: str
    type: str
    own: bool
    value: Any
    file: str | None = None


class CallableProbe:
    """Remembers which names each cell bound, and finds what can be called among them.

    Args:
        namespace: the student's global names.
    """

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self._before: dict[str, int] = {}
        self._bound: dict[int, list[str]] = {}

    def cell_ended(self, cell: int) -> None:
        """Note what the cell bound, and take the names as they stand for the next one."""
        now = {k: id(v) for k, v in self._namespace.items()
               if isinstance(k, str) and not SHIFTING.fullmatch(k)}  # fmt: skip
        new = [name for name, value in now.items() if self._before.get(name) != value]
        if new:
            self._bound.setdefault(cell, []).extend(new)
        self._before = now

    def of(self, cells: list[int]) -> list[Candidate]:
        """What the names that these cells bound stand for, the last first, each thing once."""
        found: dict[int, Candidate] = {}
        names = [name for cell in reversed(cells) for name in reversed(self._bound.get(cell, ()))]
        for name in sorted(names, key=lambda n: n.startswith("_")):
            value = self._namespace.get(name)
            if id(value) not in found and (candidate := candidate_of(name, value)) is not None:
                found[id(value)] = candidate
        return list(found.values())


def candidate_of(name: str, value: Any) -> Candidate | None:
    """What can be called on one argument, as a candidate; None for everything else."""
    try:
        by = kind_of(value)
        if by is None:
            return None
        return Candidate(name, by, type_of(value, by), is_own(value, by), value)
    except Exception:  # a class may say of itself what it likes
        return None


def type_of(value: Any, by: str) -> str:
    """The name of a class, whatever its metaclass says; of all functions the same."""
    if by == "function":
        return by
    return str(type.__dict__["__name__"].__get__(value if by == "class" else type(value)))


def kind_of(value: Any) -> str | None:
    """What something is that takes one argument, None for everything else."""
    if issubclass(type(value), type):
        made = inspect.getattr_static(value, "__init__", None)
        empty = made is object.__init__ or takes(made, 0, bound=True)
        return "class" if is_own(value, "class") and empty and called_with_one(value) else None
    if type(value) in (FunctionType, BuiltinFunctionType, MethodType):
        return "function" if takes(value, 1) else None
    return "object" if called_with_one(type(value)) else None


def called_with_one(kind: type) -> bool:
    """Whether objects of a class can be called on one thing; torch's modules go by `forward`."""
    call = inspect.getattr_static(kind, "__call__", None)
    if call is None:
        return False
    forward = inspect.getattr_static(kind, "forward", None)
    if type(forward) is FunctionType:
        return takes(forward, 1, bound=True)
    return type(call) is FunctionType and takes(call, 1, bound=True)


def takes(function: Any, count: int, *, bound: bool = False) -> bool:
    """Whether a function needs exactly so many arguments, one more where it is a method.

    Of one written in C nothing is known, so it may.
    """
    if type(function) is MethodType:
        function, bound = function.__func__, True
    for _ in range(MOST_WRAPPED):
        wrapped = getattr(function, "__dict__", {}).get("__wrapped__")
        if type(function) is not FunctionType or type(wrapped) is not FunctionType:
            break
        function = wrapped
    if type(function) is not FunctionType:
        return type(function) is BuiltinFunctionType and count == 1
    code, optional = function.__code__, function.__defaults__ or ()
    named_only = code.co_kwonlyargcount - len(function.__kwdefaults__ or ())
    return code.co_argcount - len(optional) == count + bound and not named_only


def is_own(value: Any, by: str) -> bool:
    """Whether something is the student's: of the notebook, or of a file beside it."""
    if type(value) is BuiltinFunctionType:
        return False
    source = value if by in ("function", "class") else type(value)
    name = source.__module__ if type(source) is not MethodType else source.__func__.__module__
    file = str(getattr(sys.modules.get(str(name)), "__file__", None) or "")
    return name == "__main__" or not ("-packages" in file or file.startswith(STANDARD) or not file)
