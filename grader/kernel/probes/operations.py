"""Every torch call the student's code makes, with its inputs and outputs.

A torch function mode sees each public torch function and tensor method, also when it is reached
through an operator or a property. Values are described before and after the call, so an in-place
change shows. Recording stops at the cell's bound; serving a pretended device goes on.
"""

from __future__ import annotations

from collections.abc import Hashable
from types import (
    BuiltinFunctionType,
    FunctionType,
    MethodDescriptorType,
    MethodWrapperType,
    WrapperDescriptorType,
)
from typing import Any

import torch
import torch.overrides

from ..recorder import Recorder
from .devices import ServedDevice, is_random
from .function_mode import function_mode
from .reading import plain
from .tensors import TensorProbe

# Reads that say nothing about what was computed.
QUIET = frozenset(
    [
        "shape",
        "size",
        "dim",
        "ndim",
        "ndimension",
        "numel",
        "nelement",
        "len",
        "dtype",
        "device",
        "is_cuda",
        "is_cpu",
        "get_device",
        "requires_grad",
        "is_leaf",
        "grad_fn",
        "grad",
        "stride",
        "is_contiguous",
        "layout",
        "itemsize",
        "nbytes",
        "element_size",
        "names",
        "is_sparse",
        "is_quantized",
        "is_meta",
        "is_mps",
        "is_complex",
        "is_floating_point",
        "type",
        "storage",
        "untyped_storage",
        "data_ptr",
        "hash",
        "version",
        "_version",
        "is_nested",
        "is_inference",
        "dim_order",
        "storage_offset",
        "retains_grad",
        "register_hook",
        "has_names",
        "is_mkldnn",
        "is_pinned",
        "iter",
        "bool",
        "array",
        "array_priority",
        "reduce_ex",
        "deepcopy",
        "is_signed",
        "is_xpu",
        "is_xla",
        "is_shared",
        "dir",
        "contains",
        "setstate",
        "is_neg",
        "is_conj",
    ]
)
KNOWN = (str, torch.dtype, torch.device, torch.Size)
SHOWN = ("repr", "format", "str")
LONGEST_LIST = 64
"""Of longer ones the rest is told as how many more there are; nothing is recomputed from those."""
COMPILED = (BuiltinFunctionType, MethodDescriptorType, WrapperDescriptorType, MethodWrapperType)
TORCH = torch.__file__.rpartition("/")[0] + "/"
"""Where torch's functions that are written in Python lie."""


class OperationProbe:
    """Serves and records the calls of the student's main thread while it watches."""

    def __init__(self, recorder: Recorder, tensors: TensorProbe, served: ServedDevice) -> None:
        self._recorder = recorder
        self._tensors = tensors
        self._served = served
        self._names: dict[Any, str] = {}
        self.serves_only = False
        """Whether calls are no longer described, in a cell that trains; it is told by whom."""
        self._mode = function_mode(self._call)

    def watch(self) -> None:
        """See every call from now on."""
        self._mode.__enter__()

    def step_aside(self) -> None:
        """See none until `watch`; it must be the mode on top."""
        self._mode.__exit__(None, None, None)

    def only_serve(self) -> None:
        """Describe no call from now on."""
        self.serves_only = True

    def _name(self, func: Any) -> str:
        """The plain name of a function that was not met before."""
        name = name_of(func)
        if isinstance(func, Hashable):
            self._names[func] = name
        return name

    def _call(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Serve and record one call; exceptions of the call are the student's to see."""
        __tracebackhide__ = True
        name = self._names.get(func) or self._name(func)
        if name in SHOWN:
            return self._show(name, func, args, kwargs)
        recorder = self._recorder
        if (
            self.serves_only or name in QUIET
            or not recorder.listening or not recorder.still_new(name)
        ):  # fmt: skip
            return self._served.serve(name, func, args, kwargs)
        inputs = [self._refer(a, "input") for a in args]
        named = {k: self._refer(v, "input") for k, v in kwargs.items() if k != "generator"}
        seeds = self._seeds(name, kwargs)
        try:
            result = self._served.serve(name, func, args, kwargs)
        except Exception as problem:
            self._recorder.add(
                "operation", op=name, inputs=inputs, named=named, outputs=[], seed=None,
                error=f"{type(problem).__name__}: {problem}"[:500],
            )  # fmt: skip
            raise
        many = isinstance(result, (tuple, list))
        outputs = [self._refer(r, "output") for r in (result[:LONGEST_LIST] if many else (result,))]
        self._recorder.add(
            "operation", op=name, inputs=inputs, named=named, outputs=outputs,
            seed=self._drawn_under(seeds, result), error=None,
        )  # fmt: skip
        return result

    def on_top(self) -> bool:
        """Whether no other mode, such as a student's own, lies over this one."""
        return torch.overrides._get_current_function_mode() is self._mode

    def _show(self, name: str, func: Any, args: tuple[Any, ...], kwargs: Any) -> Any:
        self._tensors.see(args[0], "shown")
        if self._served.of(args[0]).startswith("cpu"):
            return func(*args, **kwargs)
        if name == "format" and args[0].dim() == 0:
            return func(*args, **kwargs)
        with self._recorder.paused(), self._mode:  # under the mode, `.device` tells the tag
            text = torch._tensor_str._str(args[0])
        return format(text, args[1]) if name == "format" else text

    def _seeds(self, name: str, kwargs: dict[str, Any]) -> dict[str, int]:
        """The seed of each generator that a random call could draw from, before it draws."""
        if not is_random(name):
            return {}
        own = kwargs.get("generator")
        if own is not None and own is not torch.default_generator:
            return {"own": own.initial_seed()}
        return {
            "cpu": torch.default_generator.initial_seed(),
            "gpu": self._served.generator.initial_seed(),
        }

    def _drawn_under(self, seeds: dict[str, int], result: Any) -> dict[str, Any] | None:
        """Generator and seed of a random call: where its result lies tells which one it was."""
        if not seeds:
            return None
        generator = "own" if "own" in seeds else "cpu"
        if generator == "cpu" and self._tensors.is_tensor(result):
            generator = "cpu" if self._served.of(result).startswith("cpu") else "gpu"
        return {"generator": generator, "value": seeds[generator]}

    def _refer(self, value: Any, way: str, depth: int = 0) -> Any:
        """A value as facts name it: "t7" for a tensor, plain JSON for the rest."""
        if self._tensors.is_tensor(value) or self._tensors.is_array(value):
            return self._tensors.see(value, way) or f"<{type(value).__name__}>"
        if value is None or isinstance(value, bool):
            return value
        if type(value) in (int, float):
            return plain(value)
        if isinstance(value, (tuple, list)) and depth < 2:
            told = [self._refer(v, way, depth + 1) for v in value[:LONGEST_LIST]]
            more = len(value) - len(told)
            return [*told, f"<{more} more>"] if more else told
        return f"<{value}>"[:80] if isinstance(value, KNOWN) else f"<{type(value).__name__}>"


def name_of(func: Any) -> str:
    """A torch function's plain name: `__matmul__` is matmul, the property `T` is T.

    A function of the student's that goes through torch's dispatch has none of torch's names.
    """
    written = func.__code__.co_filename if type(func) is FunctionType else ""
    own = type(func) not in COMPILED and not written.startswith(TORCH)
    name = "call" if own else getattr(func, "__name__", "") or "call"
    if name in ("__get__", "__set__", "__delete__"):
        return str(getattr(getattr(func, "__self__", None), "__name__", name))
    if name.startswith("__") and name.endswith("__"):
        name = name[2:-2]
        if name[0] in "ri" and name[1:] in ("add", "sub", "mul", "matmul", "truediv", "pow"):
            name = name[1:]
    return name
