"""Finds the checks there are: the files in `grader/checks`, and what other packages bring."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache
from importlib.metadata import EntryPoint, entry_points

import grader.checks
from grader.check import Check
from grader.errors import HostError


def check_kinds() -> list[str]:
    """Names of all checks: the files in `grader/checks`, and what other packages bring."""
    own = [m.name for m in pkgutil.iter_modules(grader.checks.__path__)]
    return sorted({*own, *brought_along()})


@cache
def brought_along() -> dict[str, EntryPoint]:
    """Where other packages' checks are; looked up once, because it searches the whole path."""
    return {e.name: e for e in entry_points(group="grader.checks")}


@cache
def check_class(kind: str) -> type[Check]:
    """The check of a kind.

    Raises:
        KeyError: there is none.
        HostError: another package brings it, and it cannot be used here.
    """
    if kind in brought_along():
        return brought(brought_along()[kind])
    if kind not in {m.name for m in pkgutil.iter_modules(grader.checks.__path__)}:
        raise KeyError(kind)
    module = importlib.import_module(f"grader.checks.{kind}")
    for _, member in inspect.getmembers(module, inspect.isclass):
        if issubclass(member, Check) and member.__dict__.get("kind") == kind:
            return member
    raise KeyError(kind)


def brought(entry: EntryPoint) -> type[Check]:
    """A check that another package brings.

    Raises:
        HostError: it cannot be imported, or is no check of that kind.
    """
    where = f"the check {entry.name!r} of {entry.dist.name if entry.dist else 'a package'}"
    try:
        loaded = entry.load()
    except Exception as problem:  # broad: importing runs anybody's code
        raise HostError(f"{where} cannot be imported: {problem}") from problem
    if not (isinstance(loaded, type) and issubclass(loaded, Check)):
        raise HostError(f"{where} is no check: {entry.value} is no subclass of grader.check.Check")
    if getattr(loaded, "kind", None) != entry.name:
        raise HostError(f"{where} says that its kind is {getattr(loaded, 'kind', None)!r}")
    return loaded
