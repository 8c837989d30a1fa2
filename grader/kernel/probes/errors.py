"""What the line that raised was working on: names, shapes, types, devices.

Read from the frames of the traceback while they live, and only looked at: no code of the student's
is called, no attribute is computed.
"""

from __future__ import annotations

import dis
from difflib import get_close_matches
from itertools import islice
from types import CodeType, FrameType, GetSetDescriptorType, ModuleType, TracebackType
from typing import Any

from ..recorder import Fact, Recorder, in_a_cell, sendable

MOST_OPERANDS = 12
MOST_FRAMES = 200
MOST_ATTRIBUTES = 2000
LONGEST = 60
"""Characters of one."""
ALIKE = 0.8
"""Of all letters, that two spellings share in order."""
LAYER_INPUTS = ("input", "x", "query", "hx")
"""What the inputs of torch's own layers are called in their `forward`."""
PLAIN = (bool, int, float, str, list, tuple, dict, set, range, type(None))


class ErrorProbe:
    """Describes the operands of the line of a cell that raised.

    Args:
        recorder: where the descriptions go.
        torch: the torch module.
        device_of: tells the device the student believes a tensor to be on.
    """

    def __init__(self, recorder: Recorder, torch: Any, device_of: Any) -> None:
        import numpy as np

        self._recorder = recorder
        self._torch = torch
        self._device_of = device_of
        self._array = np.ndarray

    def look(self, problem: BaseException | None) -> None:
        """Record what the innermost line of the student's that raised was working on."""
        if problem is None:
            return
        frames = list(chain_of(problem.__traceback__))
        own = [place for place in frames if in_a_cell(place.tb_frame.f_code.co_filename)]
        if not own:
            return
        place = own[-1]
        frame, line = place.tb_frame, place.tb_lineno
        told: dict[str, Fact] = {}
        for name, value in operands(frame, line):
            if len(told) < MOST_OPERANDS and name not in told:
                described = self._safely(value)
                if described is not None:
                    told[name] = {"name": sendable(name[:100]), **described}
        inner = [p.tb_frame for p in frames[frames.index(place) + 1 :]]
        self._recorder.add(
            "error", function=sendable(frame.f_code.co_name[:100]), at=line,
            operands=list(told.values()), layer=self._layer(inner),
            near=sendable(self._near(problem)),
        )  # fmt: skip

    def _safely(self, value: Any) -> Fact | None:
        """What a value is; nothing for one that cannot be looked at, such as a nested tensor."""
        try:
            return self._described(value)
        except Exception:  # broad: these facts explain, and nothing rests on them
            return None

    def _near(self, problem: BaseException) -> str:
        """The attribute that may have been meant; nothing of what cannot be looked at."""
        try:
            return near_attribute(problem)
        except Exception:  # broad: see above
            return ""

    def _layer(self, frames: list[FrameType]) -> Fact | None:
        """The innermost layer of torch's own that was given something, and what."""
        for frame in reversed(frames):
            module: Any = frame.f_locals.get("self")
            if not issubclass(type(module), self._torch.nn.Module):
                continue
            if not str(type(module).__module__).startswith("torch.nn.modules"):
                continue
            given = next((frame.f_locals[n] for n in LAYER_INPUTS if n in frame.f_locals), None)
            if self._is_tensor(given) and held(module, "_parameters")[1]:
                return {"type": type(module).__name__[:100], "input": self._described(given),
                        "shapes": self._shapes(module)}  # fmt: skip
        return None

    def _shapes(self, module: Any) -> list[Any]:
        """The shapes of a module's own parameters, by name."""
        held = [(n, p) for n, p in module._parameters.items() if self._is_tensor(p)]
        return [[n[:100], list(p.shape)[:16]] for n, p in held[:8]]

    def _first_parameter(self, module: Any) -> Any:
        """A parameter of a module or of what is in it; None where there is none."""
        waiting = [module]
        for _ in range(MOST_FRAMES):
            if not waiting:
                break
            inner = waiting.pop()
            own, parts = (held(inner, kept)[1] or {} for kept in ("_parameters", "_modules"))
            for parameter in own.values():
                if self._is_tensor(parameter):
                    return parameter
            waiting += reversed(parts.values())
        return None

    def _is_tensor(self, value: object) -> bool:
        return type(value) in (self._torch.Tensor, self._torch.nn.Parameter)

    def _described(self, value: Any) -> Fact | None:
        """What a value is; None for what tells nothing, such as a function or a package."""
        kind = type(value)
        if self._is_tensor(value):
            dtype = str(value.dtype).removeprefix("torch.")
            return {"type": "tensor", "shape": list(value.shape)[:16], "dtype": dtype,
                    "device": self._device_of(value), "gradient": value.requires_grad}  # fmt: skip
        if kind is self._array:
            return {"type": "array", "shape": list(value.shape)[:16], "dtype": str(value.dtype)}
        if issubclass(kind, self._torch.nn.Module):
            parameter = self._first_parameter(value)
            device = None if parameter is None else self._device_of(parameter)
            return {"type": kind.__name__[:100], "module": True, "device": device}
        if kind in PLAIN:
            size = len(value) if kind in (str, list, tuple, dict, set, range) else None
            return {"type": kind.__name__, "size": size}
        return None


def near_attribute(problem: BaseException) -> str:
    """The attribute spelt most like one that was asked for and is not there; empty if none is."""
    if type(problem) is not AttributeError or type(problem.name) is not str:
        return ""
    asked, known = problem.name, attributes(problem.obj)
    same = [name for name in known if name.lower() == asked.lower()]
    near = same or get_close_matches(asked, known, n=1, cutoff=ALIKE)
    return near[0] if near else ""


def attributes(value: Any) -> list[str]:
    """The public names that an object and its classes themselves keep; nothing is computed."""
    if type(value) is ModuleType:
        places = [vars(value)]
    else:
        own = held_by(value)
        inside = [own.get(n) for n in ("_modules", "_parameters", "_buffers")]
        classes = (type.__dict__["__dict__"].__get__(c) for c in type.mro(type(value)))
        places = [own, *(d for d in inside if type(d) is dict), *classes]
    names = [name for place in places for name in list(place)]
    public = (n for n in names if type(n) is str and n[:1] != "_" and len(n) <= LONGEST)
    return list(islice(public, MOST_ATTRIBUTES))


def chain_of(trace: TracebackType | None) -> Any:
    """The places of a traceback, the outermost first."""
    for _ in range(MOST_FRAMES):
        if trace is None:
            return
        yield trace
        trace = trace.tb_next


def operands(frame: FrameType, line: int) -> Any:
    """Names that a line of a frame's code reads, as it writes them, and what they stand for.

    An attribute counts where the object itself holds it, such as `self.layer`.
    """
    owner: tuple[str, Any] | None = None
    for name, attribute in names_read(frame.f_code, line):
        if not attribute:
            found, value = looked_up(frame, name)
            owner = (name, value) if found else None
        elif owner is not None:
            found, value = held(owner[1], name)
            owner = (f"{owner[0]}.{name}", value) if found else None
        else:
            continue
        if owner is not None:
            yield owner


def names_read(code: CodeType, line: int) -> Any:
    """Names that the instructions of a line load, and whether each is an attribute of the last."""
    current = None
    for instruction in dis.get_instructions(code):
        positions = instruction.positions
        current = positions.lineno if positions is not None and positions.lineno else current
        if current != line:
            continue
        attribute = instruction.opname in ("LOAD_ATTR", "LOAD_METHOD")
        if attribute or instruction.opname.startswith(("LOAD_FAST", "LOAD_NAME", "LOAD_GLOBAL",
                                                       "LOAD_DEREF")):  # fmt: skip
            loaded = instruction.argval
            for name in loaded if isinstance(loaded, tuple) else (loaded,):
                yield str(name), attribute


def looked_up(frame: FrameType, name: str) -> tuple[bool, Any]:
    """A name of a frame."""
    for names in (frame.f_locals, frame.f_globals):
        if name in names:
            return True, names[name]
    return False, None


def held(value: Any, name: str) -> tuple[bool, Any]:
    """What an object itself keeps under a name; nothing is computed for it."""
    own = held_by(value)
    if name in own:
        return True, own[name]
    for kept in ("_modules", "_parameters", "_buffers"):
        inside = own.get(kept)
        if type(inside) is dict and name in inside:
            return True, inside[name]
    return False, None


def held_by(value: Any) -> dict[str, Any]:
    """What an object itself keeps, by name; empty for one that keeps nothing, or computes it."""
    for kind in type.mro(type(value)):
        reads = type.__dict__["__dict__"].__get__(kind).get("__dict__")
        if reads is not None and type(reads) is not GetSetDescriptorType:
            return {}
    try:
        own = object.__getattribute__(value, "__dict__")
    except (AttributeError, TypeError):
        return {}
    return own if type(own) is dict else {}
