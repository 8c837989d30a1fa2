"""The torch function mode that hands every call of the student's main thread to a probe.

torch keeps the mode where code can ask for it. So it has no attribute, and this module names
nothing of ours: the probe is a default, as in `doors`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch.overrides import TorchFunctionMode


def function_mode(probe: Callable[..., Any]) -> TorchFunctionMode:
    """A mode, not yet active.

    Args:
        probe: takes func, args and kwargs of a call, and returns what the student gets.
    """

    class Mode(TorchFunctionMode):
        def __torch_function__(
            self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None,
            *, _probe: Callable[..., Any] = probe,
        ) -> Any:  # fmt: skip
            __tracebackhide__ = True  # IPython leaves such frames out of tracebacks
            return _probe(func, args, kwargs or {})

    return Mode()
