"""What a cell bound to names and showed as its last expression."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .models import ModelProbe
from .tensors import TensorProbe

MAX_ITEMS = 50
HISTORY = ("In", "Out")
"""Where IPython keeps what was typed and shown."""

Held = dict[str, tuple[int, object]]
"""By the path to each item of a value: which object it is, and its state."""


class NameProbe:
    """Compares the student's namespace before and after a cell.

    Args:
        namespace: the student's global names.
        tensors: describes the tensors that are found.
        models: describes the models.
    """

    def __init__(self, namespace: dict[str, Any], tensors: TensorProbe, models: ModelProbe) -> None:
        self._namespace = namespace
        self._tensors = tensors
        self._models = models
        self._before: dict[str, tuple[int, Held]] = {}

    def remember(self) -> None:
        """Take the namespace as it stands as what the next cell starts from."""
        self._before = {
            name: (id(value), self._held(name, value))
            for name, value in self._namespace.items() if is_public(name)
        }  # fmt: skip

    def start_from(self, names: dict[str, int]) -> None:
        """Take what stood in the namespace earlier as what the running cell started from.

        Args:
            names: identities of the objects, by their names.
        """
        self.remember()
        self._before = {n: b for n, b in self._before.items() if names.get(n) == b[0]}

    def look(self) -> None:
        """Report every name whose object changed since `remember`, and what changed in others."""
        for name, value in list(self._namespace.items()):
            if not is_public(name):
                continue
            before, kept = self._before.get(name, (None, {}))
            if before != id(value):
                kept = {}
            now = self._held(name, value)
            for path, item in self._parts(name, value):
                if path not in kept or kept[path] != now.get(path):
                    self._see(item, path)

    def _held(self, name: str, value: Any) -> Held:
        """What changes when something takes the place of a value, or of what it holds."""
        return {path: (id(item), state_of(item)) for path, item in self._parts(name, value)}

    def _parts(self, name: str, value: Any) -> Iterator[tuple[str, Any]]:
        """A model as a whole, and the items of anything else."""
        return iter([(name, value)]) if self._models.is_model(value) else items_of(name, value)

    def _see(self, item: Any, path: str) -> None:
        if self._models.is_model(item):
            if self._models.has_parameters(item):
                self._models.see(item, path)
        else:
            self._tensors.see(item, "bound", path)

    def shown(self, value: Any) -> None:
        """Report the value of a cell's last expression."""
        for _, item in items_of("", value):
            self._tensors.see(item, "shown")


def is_public(name: object) -> bool:
    """Whether a key of the namespace is a name that code gave, without a leading underscore."""
    return isinstance(name, str) and not name.startswith("_") and name not in HISTORY


def state_of(value: Any) -> object:
    """Something that changes when a tensor is changed in place."""
    if not type(value).__module__.startswith("torch"):
        return None  # a student's own `_version` may be anything
    try:
        return getattr(value, "_version", None)
    except RuntimeError:  # inference tensors keep no version
        return None


def items_of(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The value itself, or the items of a list, tuple, dict or the student's own object."""
    if isinstance(value, dict):
        for key in list(value)[:MAX_ITEMS]:
            yield f"{name}[{key!r}]"[:100], value[key]
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value[:MAX_ITEMS]):
            yield f"{name}[{index}]", item
    elif type(value).__module__ == "__main__" and hasattr(value, "__dict__"):
        for key, item in list(vars(value).items())[:MAX_ITEMS]:
            yield f"{name}.{key}"[:100], item
    else:
        yield name, value
