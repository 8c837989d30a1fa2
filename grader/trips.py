"""What the kernel's trip-wire wrote, as reasons for a doubt.

The descriptor it comes through is open to the student's process, so the text is hostile: a closed
list of events, one line each, and whatever is none of these is a reason of its own, because
nothing but the wire has cause to write there.
"""

from __future__ import annotations

import re

from grader.facts import Doubted

MOST_BYTES = 20_000
MOST_REASONS = 20

LINE = re.compile(rb'\{"event": "([\w./]{1,40})", "line": (\d{1,7})\}')

ACTS = {
    "import": "imported the grader's own package",
    "open": "opened files of a running process",
    "os.listdir": "looked into a running process",
    "os.scandir": "looked into a running process",
    "compile": "made code that passes for a library's",
    "exec": "executed a text that reaches for the grader",
    "pickle.find_class": "unpickled something that reaches for the grader",
    "object.__getattr__": "took hold of a frame or of compiled code",
    "object.__setattr__": "exchanged the code of a function",
    "object.__delattr__": "exchanged the code of a function",
}
CALLS = (
    "gc.get_objects", "gc.get_referrers", "gc.get_referents", "sys._getframe",
    "sys._current_frames", "sys._current_exceptions", "sys.settrace", "sys.setprofile",
    "sys.addaudithook", "sys.monitoring.register_callback", "ctypes.addressof",
    "ctypes.call_function", "ctypes.cdata", "ctypes.cdata/buffer", "ctypes.dlopen", "ctypes.dlsym",
    "ctypes.dlsym/handle", "ctypes.string_at", "ctypes.wstring_at", "ctypes.memoryview_at",
    "ctypes.PyObj_FromPtr", "marshal.loads", "marshal.load", "code.__new__", "function.__new__",
    "os.fork", "os.forkpty",
)  # fmt: skip
TOLD = {**{event: f"called {event}" for event in CALLS}, **ACTS}
JUNK = "its code wrote to the line on which the grader is warned"
CLOSED = "its code closed the line on which the grader is warned"


def read_trips(data: bytes) -> list[str]:
    """The reasons in what came through the line, each once; of more than 20, the first 20."""
    reasons: dict[str, None] = {}
    for line in data[:MOST_BYTES].split(b"\n"):
        if not line:
            continue
        match = LINE.fullmatch(line)
        told = TOLD.get(match.group(1).decode()) if match else None
        if match and told:
            reasons[f"while it ran, its code {told} (line {int(match.group(2))} there)"] = None
        else:
            reasons[JUNK] = None
    if len(data) > MOST_BYTES:
        reasons[JUNK] = None
    return list(reasons)[:MOST_REASONS]


def tripped(data: bytes, cell: int) -> list[Doubted]:
    """What came through the line while a cell ran, as facts about the whole hand-in."""
    return [Doubted(cell=cell, reason=f"{r[:1900]}, in cell {cell + 1}") for r in read_trips(data)]
