"""Notices code of the student's that takes hold of frames, of every object, or of memory.

An audit hook cannot be removed, and it runs before what it is told of. It writes one short line
to a descriptor of the host's, so what it saw cannot be taken back. Code of libraries does such
things all the time; a line is written where the caller is code of a cell, of a text that was
executed, or of a file outside the installation. The defaults of our doors are nobody's business,
so there a line is written also where a library asks for somebody.

Everything the hook uses is its own: functions made for it alone, copies of the tables, and no
built-in name that a cell could bind anew. The road not taken is a class, which
`object.__subclasses__()` finds.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import CodeType, FrameType, FunctionType
from typing import Any

MOST_LINES = 20
MOST_FRAMES = 12
MOST_NESTED = 3

Hook = Callable[[str, tuple[Any, ...]], None]

EVENTS = (
    "gc.get_objects", "gc.get_referrers", "gc.get_referents", "sys._getframe",
    "sys._current_frames", "sys._current_exceptions", "sys.settrace", "sys.setprofile",
    "sys.addaudithook", "sys.monitoring.register_callback", "ctypes.addressof",
    "ctypes.call_function", "ctypes.cdata", "ctypes.cdata/buffer", "ctypes.dlopen", "ctypes.dlsym",
    "ctypes.dlsym/handle", "ctypes.string_at", "ctypes.wstring_at", "ctypes.memoryview_at",
    "ctypes.PyObj_FromPtr", "marshal.loads", "marshal.load", "code.__new__", "function.__new__",
    "os.fork", "os.forkpty",
)  # fmt: skip
ATTRIBUTES = ("object.__getattr__", "object.__setattr__", "object.__delattr__")
ORDINARY = ("import", "open", "os.listdir", "os.scandir", "compile", "exec", "pickle.find_class")
"""What happens all the time, and counts only with telling arguments."""

INNER = frozenset({"tb_frame", "gi_frame", "cr_frame", "ag_frame", "gi_code", "cr_code", "ag_code",
                   "__code__", "__defaults__", "__kwdefaults__"})  # fmt: skip
REACHING = frozenset({
    "_getframe", "_current_frames", "currentframe", "f_back", "f_globals", "f_locals", "gi_frame",
    "cr_frame", "tb_frame", "get_objects", "get_referrers", "get_referents", "__globals__",
    "__closure__", "__code__", "cell_contents", "__subclasses__", "__self__", "settrace",
    "setprofile", "addaudithook", "ctypes", "_observer", "_pop_mode", "iopub_socket",
    "_get_current_function_mode_stack", "_pop_torch_function_stack", "evidence_reply",
    "shell_handlers", "ast_transformers", "DisableTorchFunction", "__torch_function__",
})  # fmt: skip
PICKLED = frozenset({
    ("builtins", "exec"), ("builtins", "eval"), ("builtins", "compile"),
    ("builtins", "__import__"), ("sys", "_getframe"), ("sys", "settrace"), ("sys", "setprofile"),
    ("sys", "modules"), ("gc", "get_objects"), ("gc", "get_referrers"), ("gc", "get_referents"),
})  # fmt: skip
THROUGH = {
    "sys._getframe": ("/inspect.py",),
    "ctypes": ("/ctypes/__init__.py", "/ctypes/util.py"),
    "open": (
        "/pathlib.py",
        "/IPython/core/interactiveshell.py",
        "/kernel/colab.py",
        "_observer.colab>",
        "/codecs.py",
    ),
}
"""Files of libraries that do an act for whoever calls them."""
HANDS_OUT = (
    "/traceback.py:walk_tb", "/traceback.py:walk_stack", "/logging/__init__.py:<lambda>",
    "/logging/__init__.py:currentframe", "/asyncio/base_tasks.py:_task_get_stack",
    "/bdb.py:get_stack", "/IPython/utils/frame.py:extract_module_locals",
)  # fmt: skip
"""Functions of libraries that give whoever calls them a frame, or what it holds."""
WAY_IN = "__kwdefaults__"


def install(fd: int, *doors: dict[str, Any]) -> None:
    """Watch from now on; no code of the student's may have run.

    Args:
        fd: an open descriptor of a pipe whose other end the host reads.
        doors: the names of modules whose functions keep their way inwards as a default.
    """
    sys.addaudithook(hook(fd, libraries(), doors))


def libraries() -> tuple[str, ...]:
    """The folders whose code is not the student's."""
    here = os.path.dirname(os.path.abspath(globals().get("__file__", os.__file__)))
    found = {here, os.path.dirname(os.__file__), *sys.path}
    folders = {os.path.realpath(p) for p in found if os.path.isabs(p)} | {*found}
    absent = {"", "/", os.getcwd(), os.path.realpath(os.getcwd())}
    return tuple(sorted(f"{p}/" for p in folders - absent if os.path.isabs(p)))


def hook(fd: int, trusted: tuple[str, ...], doors: tuple[dict[str, Any], ...] = ()) -> Hook:
    """The hook; what it needs is made here, so that nothing leads to it from outside."""
    write, fstat, failure = os.write, os.fstat, PermissionError
    attributes, ordinary = frozenset(ATTRIBUTES), frozenset(ORDINARY)
    profilers = ("sys.settrace", "sys.setprofile", "sys.monitoring.register_callback")
    events, inner = frozenset(EVENTS) | attributes | ordinary, INNER
    of_a_library = library_files(trusted)
    telling, reaches = telling_arguments(of_a_library), reaching_code()
    asking = [False]
    caller = student_callers(of_a_library, asking)
    behind = student_behind(of_a_library, asking)
    function, way_in, identity = FunctionType, WAY_IN, id
    modules = frozenset(map(id, doors))
    status = fstat(fd)
    end, left, depth = (status.st_dev, status.st_ino), [MOST_LINES], MOST_NESTED

    def leads_in(event: str, args: tuple[Any, ...]) -> bool:
        if event not in attributes or args[1] != way_in or args[0].__class__ is not function:
            return False
        return identity(args[0].__globals__) in modules

    def notice(event: str, args: tuple[Any, ...]) -> None:
        if event not in events:
            return
        if event in attributes:
            if args[1] not in inner:
                return
        elif event == "sys._getframe":
            if asking[0]:
                return
        elif event in ordinary and not telling(event, args):
            return
        find = behind if leads_in(event, args) else caller
        frame = find(event) if left[0] else None
        if frame is None or (event == "exec" and not reaches(args[0], depth)):
            return
        if event in profilers and not reaches(frame.f_code, 0):
            return  # one of a library, written in C and switched on by a plain `enable()`
        left[0] -= 1
        now = fstat(fd)
        if (now.st_dev, now.st_ino) != end:
            raise failure(f"{event} is switched off while grading")
        line = '{"event": "%s", "line": %d}\n' % (event, frame.f_lineno or 0)  # noqa: UP031
        write(fd, line.encode())

    return notice


def library_files(trusted: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether code of a file is not the student's."""
    known: dict[str, bool] = {}
    prefixes = ("<frozen ", "<_observer", *trusted)  # a cell that compiles under such a name trips

    def of_a_library(file: str) -> bool:
        found = known.get(file)
        if found is None:
            found = known[file] = "ipykernel_" not in file and file.startswith(prefixes)
        return found

    return of_a_library


def telling_arguments(of_a_library: Callable[[str], bool]) -> Callable[[str, Any], bool]:
    """Whether the arguments of an ordinary event are not ordinary."""
    text, code_type, pickled = str, CodeType, PICKLED

    def is_a_process(path: str) -> bool:
        part = path[6:].partition("/")[0] if path.startswith("/proc") else "-"
        return part in ("", "self", "thread-self") or part.isdigit()

    def telling(event: str, args: tuple[Any, ...]) -> bool:
        first = args[0]
        if event == "import":
            return first.__class__ is text and first.startswith("_observer")
        if event == "compile":
            return first is not None and args[1].__class__ is text and of_a_library(args[1])
        if event == "exec":
            return first.__class__ is code_type
        if event == "pickle.find_class":
            return args[:2] in pickled
        return first.__class__ is text and is_a_process(first)

    return telling


def reaching_code() -> Callable[[CodeType, int], bool]:
    """Whether compiled code names what nobody names by chance."""
    text, code_type, reaching = str, CodeType, REACHING

    def reaches(code: CodeType, depth: int) -> bool:
        if not reaching.isdisjoint(code.co_names):
            return True
        for constant in code.co_consts:
            if constant.__class__ is text and constant in reaching:
                return True
            if depth and constant.__class__ is code_type and reaches(constant, depth - 1):
                return True
        return False

    return reaches


def student_callers(
    of_a_library: Callable[[str], bool], asking: list[bool]
) -> Callable[[str], FrameType | None]:
    """The frame of the student's that did what the hook was told of, if it was one.

    Args:
        of_a_library: says it of a file.
        asking: true while a frame is asked for, which is such an event itself.
    """
    getframe, through, most, hands_out = sys._getframe, dict(THROUGH), MOST_FRAMES, HANDS_OUT
    through["os.listdir"] = through["os.scandir"] = through["open"]

    def caller(event: str) -> FrameType | None:
        asking[0] = True
        try:
            # never this function's own: a frame that holds itself, and with it all that led here,
            # stays until Python collects cycles, and so do the modes that those frames switched on
            notice = getframe(1)
        finally:
            asking[0] = False
        frame = notice.f_back
        passing = through.get(event) or through.get(event.partition(".")[0], ())
        left = most
        while frame is not None and left:
            file = frame.f_code.co_filename
            if not of_a_library(file):
                return frame
            if event.startswith("gc.") and "-packages/" not in file:
                return frame  # it calls for somebody: a thread's target, a timer
            handed = f"{file}:{frame.f_code.co_name}".endswith(hands_out)
            if not (handed or file.endswith(passing)):
                return None
            frame, left = frame.f_back, left - 1
        return None

    return caller


def student_behind(
    of_a_library: Callable[[str], bool], asking: list[bool]
) -> Callable[[str], FrameType | None]:
    """The innermost frame of the student's, whatever library lies between.

    Args:
        of_a_library: says it of a file.
        asking: true while a frame is asked for, which is such an event itself.
    """
    getframe = sys._getframe

    def behind(event: str) -> FrameType | None:
        asking[0] = True
        try:
            frame: FrameType | None = getframe(1)  # not its own: see above
        finally:
            asking[0] = False
        while frame is not None and of_a_library(frame.f_code.co_filename):
            frame = frame.f_back
        return frame

    return behind
