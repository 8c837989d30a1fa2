"""Does something when the student's own code has imported a module, and not before.

Nothing is imported for it. The module's loader is put back as it was as soon as it has loaded.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any


class Arrival(importlib.abc.MetaPathFinder):
    """Waits for one module.

    Args:
        name: of the module.
        arrived: is called once, right after it was imported.
    """

    def __init__(self, name: str, arrived: Callable[[], None]) -> None:
        self._name = name
        self._arrived = arrived

    def wait(self) -> None:
        """Wait from now on; where it is there already, it has arrived."""
        if self._name in sys.modules:
            self._arrived()
        else:
            sys.meta_path.insert(0, self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """What the others find, loaded by a loader that tells us; None for any other module."""
        if fullname != self._name:
            return None
        for finder in sys.meta_path:
            if finder is not self and (find := getattr(finder, "find_spec", None)) is not None:
                spec: importlib.machinery.ModuleSpec | None = find(fullname, path, target)
                if spec is not None:
                    if hasattr(spec.loader, "exec_module"):
                        spec.loader = Telling(spec.loader, self._has_loaded)
                    return spec
        return None

    def _has_loaded(self, module: ModuleType, loader: Any) -> None:
        module.__loader__ = loader
        if module.__spec__ is not None:
            module.__spec__.loader = loader
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        self._arrived()


class Telling(importlib.abc.Loader):
    """Loads as another loader does, and tells when that is done.

    A module whose import raises has not arrived, and the next import is waited for.

    Args:
        loader: the other one.
        loaded: is given the module and that loader.
    """

    def __init__(self, loader: Any, loaded: Callable[[ModuleType, Any], None]) -> None:
        self._loader = loader
        self._loaded = loaded

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        """As the other does."""
        made: ModuleType | None = self._loader.create_module(spec)
        return made

    def exec_module(self, module: ModuleType) -> None:
        """As the other does; then it is told."""
        __tracebackhide__ = True  # IPython leaves such frames out of tracebacks
        self._loader.exec_module(module)
        self._loaded(module, self._loader)
