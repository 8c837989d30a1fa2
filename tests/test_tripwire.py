"""What code does in the process of its kernel is noticed, and libraries do as they like."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.kernel import tripwire
from grader.trips import CALLS, JUNK, MOST_BYTES, TOLD, read_trips, tripped

KERNEL = Path(tripwire.__file__).parent
DRIVER = """
import importlib.util, os, sys, json, logging, inspect, threading, tokenize, pathlib
import gc, ctypes, ctypes.util, marshal, pickle, collections, dataclasses, warnings, traceback
spec = importlib.util.spec_from_file_location("tripwire", sys.argv[1])
tripwire = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tripwire)
def run(cell, fd, end, write=os.write, leave=os._exit):
    tripwire.install(fd)
    try:
        exec(compile(cell, "/tmp/ipykernel_1/2.py", "exec"), {"fd": fd})
    except Exception as problem:
        write(end, type(problem).__name__.encode())
    finally:
        leave(0)
told = []
for cell in json.load(sys.stdin):
    end, fd = os.pipe()
    other, problem = os.pipe()
    child = os.fork() or run(cell, fd, problem)
    os.waitpid(child, 0)
    os.close(fd), os.close(problem)
    lines = os.read(end, 99999).decode().splitlines()
    ended = os.read(other, 99).decode()
    told.append([json.loads(line)["event"] for line in lines] + [ended] * bool(ended))
print(json.dumps(told))
"""


def events(folder: Path, *cells: str) -> list[list[str]]:
    """What the wire writes for each cell, each in a process of its own, and its exception.

    Args:
        folder: its code counts as a library's.
        cells: their sources.
    """
    (folder / "driver.py").write_text(DRIVER, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(folder / "driver.py"), str(KERNEL / "tripwire.py")],
        input=json.dumps([dedent(c) for c in cells]), stdout=subprocess.PIPE, text=True,
        cwd="/", check=True,
    )  # fmt: skip
    told: list[list[str]] = json.loads(done.stdout)
    return told


TELLING = {
    "import gc; gc.get_objects()": "gc.get_objects",
    "import gc; gc.get_referrers(fd)": "gc.get_referrers",
    "import gc; list(map(gc.get_referents, [[]]))": "gc.get_referents",
    "import gc, threading as t; x = t.Thread(target=gc.get_objects); x.start(); x.join()":
        "gc.get_objects",
    "import sys; sys._getframe()": "sys._getframe",
    "import sys; getattr(sys, 'emarfteg_'[::-1])(0)": "sys._getframe",
    "import inspect; inspect.currentframe()": "sys._getframe",
    "import logging; logging.currentframe()": "sys._getframe",
    "import traceback\ntry: 1 / 0\nexcept Exception as e: list(traceback.walk_tb(e.__traceback__))":
        "object.__getattr__",
    "import sys; sys._current_frames()": "sys._current_frames",
    "import sys; sys.settrace(None)": "sys.settrace",
    "import sys; sys.setprofile(None)": "sys.setprofile",
    "import sys; sys.addaudithook(lambda *a: None)": "sys.addaudithook",
    "import ctypes; ctypes.string_at(id(fd), 1)": "ctypes.string_at",
    "import ctypes; (ctypes.c_char * 4).from_address(id(fd))": "ctypes.cdata",
    "import ctypes; ctypes.pythonapi.PyObject_Size": "ctypes.dlsym",
    "import marshal; marshal.loads(marshal.dumps(1))": "marshal.loads",
    "(lambda: 0).__code__": "object.__getattr__",
    "def f(): ...\nsetattr(f, '__co' + 'de__', compile('1', 'x', 'exec'))": "object.__setattr__",
    "try:\n 1/0\nexcept Exception as e:\n getattr(e.__traceback__, 'tb_' + 'frame')":
        "object.__getattr__",
    "def g():\n yield\ng().gi_frame": "object.__getattr__",
    "c = compile('1', 'x', 'eval'); c.replace(co_filename='y')": "code.__new__",
    "import types; types.FunctionType(compile('1', 'x', 'eval'), {})": "function.__new__",
    "compile('1', '<frozen os>', 'eval')": "compile",
    "exec('def f(x):\\n return x.f_back')": "exec",
    "n = 'f_' + 'globals'\neval(f'lambda x: x.{n}')": "exec",
    "import pickle; pickle.loads(b'cgc\\nget_objects\\n.')": "pickle.find_class",
    "import os\nif not os.fork(): os._exit(0)\nos.wait()": "os.fork",
    "open('/proc/self/status').close()": "open",
    "import pathlib; pathlib.Path('/proc/self/status').read_text()": "open",
    "import os; os.listdir('/proc')": "os.listdir",
    "try:\n import _observer\nexcept ImportError: pass": "import",
}  # fmt: skip
ORDINARY = [
    "import gc; gc.collect(); gc.disable(); gc.enable()",
    "import logging; logging.warning('x'); logging.getLogger('a').info('y')",
    "import collections; collections.namedtuple('P', 'x y')(1, 2)",
    "import dataclasses\n@dataclasses.dataclass\nclass A:\n x: int = 0\nA()",
    "import warnings\nwith warnings.catch_warnings():\n warnings.simplefilter('ignore')\n"
    " warnings.warn('x')",
    "import traceback\ntry:\n 1/0\nexcept Exception: traceback.format_exc()",
    "import traceback; traceback.print_stack(); traceback.extract_stack()",
    "import inspect, glob; inspect.signature(glob.glob); inspect.getsource(glob.glob)",
    "import cProfile; p = cProfile.Profile(); p.enable(); p.disable()",
    "exec('x = 1'); eval('x + 1'); exec(compile('y = 2', '<string>', 'exec'))",
    "import ctypes.util, decimal, sqlite3, uuid, multiprocessing",
    "import pickle; pickle.loads(pickle.dumps({1: fd}))",
    "open('/proc/cpuinfo').close()",
    "import enum, typing\nclass E(enum.Enum):\n A = 1\nclass N(typing.NamedTuple):\n x: int",
    "import functools\n@functools.wraps(print)\ndef f(): ...\n@functools.lru_cache\ndef g(): ...",
    "import timeit; timeit.timeit('1 + 1', number=10)",
]


def test_telling_acts_are_noticed(tmp_path: Path) -> None:
    found = events(tmp_path, *TELLING)
    missed = [c for (c, e), f in zip(TELLING.items(), found, strict=True) if e not in f]
    assert not missed


def test_ordinary_acts_are_not(tmp_path: Path) -> None:
    told = zip(ORDINARY, events(tmp_path, *ORDINARY), strict=True)
    assert {cell: found for cell, found in told if found} == {}


def test_a_library_may_do_what_a_cell_may_not(tmp_path: Path) -> None:
    (tmp_path / "libs").mkdir()
    (tmp_path / "work").mkdir()
    for place in ("libs/library.py", "work/own.py"):
        (tmp_path / place).write_text("import sys\ndef f(): return sys._getframe()\n")
    work = f"import sys; sys.path.insert(0, {str(tmp_path / 'work')!r})"
    cells = ("import library; library.f()", f"{work}\nimport own; own.f()")
    assert events(tmp_path / "libs", *cells) == [[], ["sys._getframe"]]


def test_a_line_that_cannot_be_written_stops_the_act(tmp_path: Path) -> None:
    closed = "import os, gc\nos.close(fd)\ngc.get_objects()"
    another = "import os, gc\nos.dup2(os.open('/dev/null', 1), fd)\ngc.get_objects()"
    assert events(tmp_path, closed, another) == [["OSError"], ["PermissionError"]]


def test_built_in_names_bound_anew_change_nothing(tmp_path: Path) -> None:
    cell = """
        import builtins, os, gc
        builtins.isinstance = builtins.any = builtins.frozenset = builtins.str = lambda *a: False
        os.write = os.fstat = lambda *a: None
        gc.get_objects()
    """
    assert events(tmp_path, cell) == [["gc.get_objects"]]


def test_no_more_than_twenty_lines_are_written(tmp_path: Path) -> None:
    cell = "import sys\nfor i in range(100): sys._getframe()"
    assert events(tmp_path, cell) == [["sys._getframe"] * 20]


def test_what_the_wire_can_write_is_what_the_host_can_read() -> None:
    assert set(TOLD) == {*tripwire.EVENTS, *tripwire.ATTRIBUTES, *tripwire.ORDINARY}
    assert set(CALLS) == set(tripwire.EVENTS)


def line(event: str, number: int = 3) -> bytes:
    return b'{"event": "%s", "line": %d}\n' % (event.encode(), number)


def test_each_event_is_told_once() -> None:
    data = line("gc.get_objects") + line("exec", 4) + line("gc.get_objects")
    assert read_trips(data) == [
        "while it ran, its code called gc.get_objects (line 3 there)",
        "while it ran, its code executed a text that reaches for the grader (line 4 there)",
    ]
    assert read_trips(b"") == []


@pytest.mark.parametrize(
    "data",
    [b"hello\n", b"\x00\xff", line("os.system"), line("gc.get_objects")[:-5], b"[" * 5000,
     b'{"event": "exec", "line": -1}\n', b'{"event": "exec", "line": 1, "x": 2}\n'],
)  # fmt: skip
def test_what_the_wire_never_writes_is_a_reason_too(data: bytes) -> None:
    assert read_trips(data) == [JUNK]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.binary(max_size=300))
def test_any_bytes_can_be_read(data: bytes) -> None:
    assert len(read_trips(data)) <= 1


def test_a_flood_is_cut() -> None:
    data = b"".join(line("exec", i) for i in range(MOST_BYTES // 20))
    assert len(read_trips(data)) == 20
    assert read_trips(line("exec") * 2000)[-1] == JUNK


def test_trips_are_doubts_about_the_whole_hand_in() -> None:
    [doubt] = tripped(line("sys._getframe"), cell=4)
    assert (doubt.cell, doubt.exercise) == (4, None)
    assert doubt.reason.endswith("called sys._getframe (line 3 there), in cell 5")


def test_folders_of_the_installation_are_the_libraries() -> None:
    folders = tripwire.libraries()
    assert os.path.dirname(os.__file__) + "/" in folders
    assert not any(f in ("/", f"{os.getcwd()}/") for f in folders)
