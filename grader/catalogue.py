"""Finds faults, variations and reports: the files of a folder, and what other packages bring.

With `grader.plugins`, which finds checks, the only place that scans folders and entry points.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache
from importlib.metadata import entry_points
from typing import TypeVar

from grader.errors import HostError
from grader.fault import Fault
from grader.variation import Variation

Plugged = TypeVar("Plugged")


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
