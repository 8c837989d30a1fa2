"""Run in a kernel: follows everything that one object gives away of others, without being noticed.

Prints every function, class and object of the kernel's own package that it comes to, and how.
"""

import builtins
import collections
import functools
import gc
import sys
import types
import warnings
import weakref
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import torch
from IPython import get_ipython

Given = Iterator[tuple[str, Any]]

warnings.simplefilter("ignore")
PLAIN = (str, bytes, int, float, complex, bool, type(None), range, slice, types.CodeType)
HOLDING = (list, tuple, set, frozenset, collections.deque)
BOUND = (types.MethodType, types.BuiltinMethodType, types.MethodWrapperType)
MOST = 3_000_000


def of_a_function(function: Any) -> Given:
    yield "__globals__", function.__globals__
    yield "__builtins__", function.__builtins__
    yield "__dict__", function.__dict__
    for cell in function.__closure__ or ():
        try:
            yield "cell_contents", cell.cell_contents
        except ValueError:
            continue


def of_a_reference(reference: Any) -> Given:
    yield "()", weakref.ref.__call__(reference)
    yield "__callback__", reference.__callback__


def of_what_it_holds(thing: Any, kind: Any) -> Given:
    if issubclass(kind, (dict, types.MappingProxyType)):
        for key, value in list(thing.items()):
            yield "key", key
            yield f"[{key!r:.40}]", value
    elif issubclass(kind, HOLDING):
        for value in list(thing):
            yield "item", value
    if issubclass(kind, BOUND):
        yield "__self__", thing.__self__
    if issubclass(kind, functools.partial):
        yield "partial", (thing.func, thing.args, thing.keywords)
    if issubclass(kind, property):
        yield "property", (thing.fget, thing.fset, thing.fdel)
    if issubclass(kind, (staticmethod, classmethod)):
        yield "__func__", thing.__func__


def of_an_object(thing: Any, kind: Any) -> Given:
    with suppress(TypeError):
        yield from (("weak reference", r) for r in weakref.getweakrefs(thing))
    yield "type", kind
    with suppress(AttributeError):
        yield "__dict__", object.__getattribute__(thing, "__dict__")
    for base in kind.__mro__:
        for name, slot in list(vars(base).items()):
            if type(slot) is types.MemberDescriptorType:
                try:
                    yield name, slot.__get__(thing)
                except AttributeError:
                    continue


def given_away(thing: Any) -> Given:
    kind = type(thing)
    if kind is types.FunctionType:
        yield from of_a_function(thing)
        return
    if issubclass(kind, weakref.ReferenceType):
        yield from of_a_reference(thing)
    if issubclass(kind, type):
        yield from (("." + name, value) for name, value in list(vars(thing).items()))
        yield "__mro__", thing.__mro__
        return
    yield from of_what_it_holds(thing, kind)
    yield from of_an_object(thing, kind)


def module_of(thing: Any) -> Any:
    kind = type(thing)
    if issubclass(kind, types.ModuleType):
        return vars(thing).get("__name__", "")
    if kind is types.FunctionType:
        return thing.__globals__.get("__name__") or ""
    return vars(thing if issubclass(kind, type) else kind).get("__module__", "")


tensor = torch.rand(2, 3)
on_a_gpu = tensor.to("cuda")
ROOTS = {
    "modules": sys.modules, "shell": get_ipython(), "builtins": builtins,
    "callbacks": gc.callbacks, "tensors": [tensor, on_a_gpu, tensor.numpy()],
    "hooks": [sys.excepthook, sys.displayhook, sys.unraisablehook, sys.meta_path, sys.path_hooks],
}  # fmt: skip
came_by: dict[int, tuple[int | None, str]] = {
    id(root): (None, name) for name, root in ROOTS.items()
}
kept: list[Any] = list(ROOTS.values())
todo = collections.deque(kept)
own = {id(globals()), id(came_by), id(kept), id(todo)}


def way_to(thing: Any) -> str:
    steps: list[str] = []
    at: int | None = id(thing)
    while at is not None:
        at, step = came_by[at]
        steps.append(step)
    return " of ".join(steps)


met = 0
while todo and met < MOST:
    thing = todo.popleft()
    met += 1
    if id(thing) in own:
        continue
    for step, value in given_away(thing):
        if type(value) in PLAIN or id(value) in came_by:
            continue
        came_by[id(value)] = (id(thing), step)
        kept.append(value)
        todo.append(value)
        module = module_of(value)
        if isinstance(module, str) and module.startswith("_observer"):
            print(f"{module}: {way_to(value)}")
print(f"met {met} objects, {'all' if not todo else 'not all'} there are")
