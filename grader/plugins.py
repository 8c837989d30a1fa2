"""Finds what can be plugged in: the only place that scans folders and entry points."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar

import grader.checks
import grader.faults
from grader.check import Check
from grader.errors import HostError
from grader.fault import Fault
from grader.variation import Variation

Plugged = TypeVar("Plugged")


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


@cache
def faults() -> tuple[Fault, ...]:
    """All faults, by id: the files in `grader/faults`, and what other packages bring.

    Raises:
        HostError: a package brings something that is no fault, or one whose id is taken.
    """
    found: dict[str, Fault] = {}
    for one in plugged_in("grader.faults", type):
        if not (issubclass(one, Fault) and "id" in one.__dict__):
            continue
        if one.id in found:
            raise HostError(f"two faults are called {one.id}: {one.__name__} and another")
        found[one.id] = one()
    return tuple(found[name] for name in sorted(found))


@cache
def variations() -> tuple[Variation, ...]:
    """All ways to write a solution otherwise, by name: `grader/neutral`, and other packages'."""
    found = {
        one.name: one() for one in plugged_in("grader.neutral", type)
        if issubclass(one, Variation) and "name" in one.__dict__
    }  # fmt: skip
    return tuple(found[name] for name in sorted(found))


def plugged_in(package: str, kind: type[Plugged]) -> list[Plugged]:
    """Objects of a type, by name: those in a package's files, then those of other packages.

    The entry point group of the others is called like the package.
    """
    path = importlib.import_module(package).__path__
    modules = sorted(m.name for m in pkgutil.iter_modules(path))
    found = [o for m in modules for _, o in inspect.getmembers(
        importlib.import_module(f"{package}.{m}"))]  # fmt: skip
    found += [e.load() for e in entry_points(group=package)]
    return list(dict.fromkeys(o for o in found if isinstance(o, kind)))
