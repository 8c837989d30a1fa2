"""Keeps the probes out of what a student reads: tracebacks and warnings.

A call that is watched goes through functions of ours, and through torch's own that lead to them.
Where it raises, they stand in the traceback; where it warns, the warning names the line that made
the call, and that is ours. Both are told as they would be without.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from types import CodeType, FrameType, TracebackType
from typing import Any

from .recorder import OWN

LEADS_TO_US = "/torch/overrides.py"
THIS = (lambda: None).__code__.co_filename


def install(shell: Any) -> None:
    """Clean what is shown from now on.

    Args:
        shell: the kernel's.
    """
    told, show = shell._get_exc_info, vars(warnings)["_showwarnmsg"]

    def get_exc_info(exc_tuple: Any = None) -> Any:
        kind, value, trace = told(exc_tuple)
        cleaned = sys.last_traceback = without_ours(trace)
        seen: set[int] = set()
        while isinstance(value, BaseException) and id(value) not in seen:
            seen.add(id(value))
            value.__traceback__ = without_ours(value.__traceback__)
            value = value.__cause__ or value.__context__
        return kind, sys.last_value, cleaned

    def showwarnmsg(message: Any) -> None:
        if message.filename.startswith(OWN):
            place_elsewhere(message, sys._getframe(1))
        show(message)

    shell._get_exc_info = get_exc_info
    vars(warnings)["_showwarnmsg"] = showwarnmsg


def forget_warnings() -> None:
    """Forget which were shown of lines of ours: each of these stands for many of the student's."""
    for module in list(sys.modules.values()):
        if str(getattr(module, "__file__", None) or "").startswith(OWN):
            vars(module).pop("__warningregistry__", None)


def without_ours(trace: TracebackType | None) -> TracebackType | None:
    """A traceback without the places in this package, and those that only lead there."""
    places = []
    while trace is not None:
        places.append(trace)
        trace = trace.tb_next
    codes = [place.tb_frame.f_code for place in places]
    cleaned = None
    for place, kept in reversed([*zip(places, to_keep(codes), strict=True)]):
        if kept:
            cleaned = TracebackType(cleaned, place.tb_frame, place.tb_lasti, place.tb_lineno)
    return cleaned


def to_keep(codes: Sequence[CodeType]) -> list[bool]:
    """Of the code of nested calls, the outermost first, what is there without us.

    A function of torch's that asks who watches is called a second time from ours: the second call
    is the one that there would be.
    """
    kept = [not is_ours(code) for code in codes]
    for at in range(len(codes) - 1, -1, -1):
        if kept[at] and codes[at].co_filename.endswith(LEADS_TO_US):
            kept[at] = not (at + 1 < len(codes) and not kept[at + 1])
    for at, code in enumerate(codes):
        behind = next((i for i in range(at + 1, len(codes)) if kept[i]), None)
        if kept[at] and behind is not None and behind > at + 1 and codes[behind] is code:
            kept[at] = False
    return kept


def place_elsewhere(message: Any, frame: FrameType | None) -> None:
    """Let a warning that names a line of ours name the one that led there.

    Args:
        message: the warning.
        frame: where it was raised, or further in.
    """
    frames: list[FrameType] = []
    while frame is not None:
        if frame.f_code.co_filename != THIS:
            frames.append(frame)
        frame = frame.f_back
    codes = [f.f_code for f in reversed(frames)]
    kept = list(reversed(to_keep(codes)))
    ours = [i for i, f in enumerate(frames) if is_ours(f.f_code)]
    outer = next((i for i in range(ours[0] if ours else 0, len(frames)) if kept[i]), None)
    if outer is not None:
        message.filename = frames[outer].f_code.co_filename
        message.lineno = frames[outer].f_lineno


def is_ours(code: CodeType) -> bool:
    """Whether code is of this package."""
    return code.co_filename.startswith(OWN)
