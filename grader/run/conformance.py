"""What every sandbox must hold to, as cells that say "held" or what they could do.

`{port}` is a server of the host, `{file}` a file of the host, `{mark}` names a process that must
not outlive its kernel.
"""

from __future__ import annotations

import secrets
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

from grader.assignment import Assignment, Exercise, Limits
from grader.evidence import Evidence
from grader.exercises import Placement
from grader.facts import OutputSeen
from grader.notebook import Cell, Notebook
from grader.run.execute import Progress, run_submission
from grader.sandboxes.sandbox import Sandbox
from grader.submission import Submission

HELD = "held"
END_S = 5.0
LIMITS = Limits(disk_mb=64, processes=64, memory_mb=3000, cell_cpu_s=30, cell_wall_s=90)

CELLS = {
    "no right of an administrator": """
        lines = dict(l.split(":", 1) for l in open("/proc/self/status") if ":" in l)
        held = (int(lines["CapEff"], 16) == 0 and int(lines["CapBnd"], 16) == 0
                and lines["NoNewPrivs"].strip() == "1" and lines["Seccomp"].strip() == "2"
                and "0" != lines["Uid"].split()[0])
        print("held" if held else lines)""",
    "no network but its own": """
        import socket
        try:
            socket.create_connection(("127.0.0.1", {port}), 2)
            print("reached a server of this machine")
        except OSError:
            names = [name for _, name in socket.if_nameindex()]
            print("held" if names == ["lo"] else f"sees {{names}}")""",
    "no file of this machine": """
        import os
        print("sees a file of this machine" if os.path.exists({file!r}) else "held")""",
    "nothing to write outside its own folders": """
        import sys, os
        done = []
        for folder in (sys.prefix, sys.base_prefix, os.path.dirname(os.__file__), "/", "/usr",
                       "/etc", "/opt", "/dev", "/proc/sys/kernel"):
            try:
                open(os.path.join(folder, "written"), "w").close()
                done.append(folder)
            except OSError:
                pass
        print(f"wrote to {{done}}" if done else "held")""",
    "no process but its own": """
        import os
        seen = [p for p in os.listdir("/proc") if p.isdigit()]
        try:
            os.kill(os.getppid() or -1, 0) if os.getppid() else None
            print("held" if len(seen) < 4 else f"sees {{len(seen)}} processes")
        except OSError as problem:
            print(problem)""",
    "no environment variable of yours": """
        import os
        print("sees " + os.environ["GRADER_MARK"] if "GRADER_MARK" in os.environ else "held")""",
    "no system call for machines": """
        import ctypes
        libc = ctypes.CDLL(None)
        calls = dict(unshare=(272, 97), mount=(165, 40), ptrace=(101, 117), bpf=(321, 280),
                     keyctl=(250, 219), io_uring_setup=(425, 425), userfaultfd=(323, 282),
                     perf_event_open=(298, 241))
        import platform
        column = platform.machine() != "x86_64"
        done = [n for n, at in calls.items() if libc.syscall(at[column], 0, 0, 0, 0, 0) >= 0]
        print(f"could call {{done}}" if done else "held")""",
    "as many processes as it may have": """
        import os, time
        pids = []
        try:
            for _ in range(200):
                pid = os.fork()
                if pid == 0:
                    time.sleep(60)
                    os._exit(0)
                pids.append(pid)
            print("started 200 processes")
        except OSError:
            print("held")
        finally:
            for pid in pids:
                os.kill(pid, 9)
                os.waitpid(pid, 0)""",
    "no large request for memory": """
        try:
            held = bytearray(2**32)
            print("had 4 GiB at once")
        except MemoryError:
            print("held")""",
    "no typing into a terminal": """
        import fcntl, os
        _, terminal = os.openpty()
        done = []
        for name, request in (("TIOCSTI", 0x5412), ("TIOCLINUX", 0x541C)):
            try:
                fcntl.ioctl(terminal, request, b"\\x02")
                done.append(name)
            except OSError:
                pass
        print(f"could do {{done}}" if done else "held")""",
    "as much disk as it may have": """
        import os
        try:
            with open("/tmp/large", "wb") as file:
                for _ in range(100):
                    file.write(bytes(2**20))
            print("wrote 100 MiB")
        except OSError:
            print("held")
        finally:
            os.unlink("/tmp/large")""",
    "torch computes": """
        import torch
        product = torch.ones(2048, 2048) @ torch.ones(2048, 2048)
        print("held" if product[0, 0] == 2048 else "wrong")""",
    "data loaders have workers": """
        import torch
        from torch.utils.data import DataLoader, TensorDataset
        loader = DataLoader(TensorDataset(torch.ones(64)), batch_size=8, num_workers=2)
        print("held" if sum(float(b[0].sum()) for b in loader) == 64 else "wrong")""",
    "threads run": """
        import threading
        seen = []
        threads = [threading.Thread(target=seen.append, args=(i,)) for i in range(8)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        print("held" if len(seen) == 8 else "wrong")""",
    "programs run": """
        import subprocess, sys
        open("program.py", "w").write("print('held')")
        call = [sys.executable, "program.py"]
        print(subprocess.run(call, capture_output=True, text=True).stdout)""",
    "torch.compile falls back": """
        import torch
        print("held" if torch.compile(lambda x: x + 1)(torch.ones(1)).item() == 2 else "wrong")""",
    "nothing outlives it": """
        import os, sys
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                sleep = "import time; time.sleep(600)"
                os.execv(sys.executable, [sys.executable, "-c", sleep, {mark!r}])
            os._exit(0)
        os.wait()
        print("held")""",
}

TOGETHER = "as much memory as it may have, all its processes together"
HOARDING = """
import os, time
half = {half} * 2**20
if os.fork() == 0:
    kept = bytearray(b"x") * half
    time.sleep(60)
    os._exit(0)
kept = bytearray(b"x") * half
time.sleep({wait})
print("two processes had {half} MiB each")"""
"""Each has less than the limit, and may; both have more. What it hits ends the kernel."""
SMALL = Limits(memory_mb=800, cell_cpu_s=30, cell_wall_s=90)
HALF_MB, WAIT_S = 600, 5.0


class Held(NamedTuple):
    """One demand, and what was seen instead if it was not held."""

    demand: str
    held: bool
    instead: str = ""


def conformance(sandbox: Sandbox, doing: Callable[[str], None] = lambda demand: None) -> list[Held]:
    """Run the list in one kernel of a sandbox, and what ends a kernel in another.

    Args:
        sandbox: what must hold.
        doing: is told each demand but the first before it is tried.

    Raises:
        HostError: a kernel does not start.
    """
    mark = f"outlived-{secrets.token_hex(6)}"
    demands = list(CELLS)

    def progress(done: int, total: int) -> None:
        doing(demands[done] if done < total else TOGETHER)

    with server() as port, tempfile.NamedTemporaryFile() as file:
        facts = {"port": port, "file": file.name, "mark": mark}
        sources = [dedented(s).format(**facts) for s in CELLS.values()]
        evidence = ran(sandbox, sources, LIMITS, progress)
    said = {o.cell: o.text.strip() for o in evidence.everywhere(OutputSeen)}
    found = [
        Held(demand, said.get(i) == HELD, said.get(i, "it said nothing"))
        for i, demand in enumerate(demands)
    ]
    left = outlived(mark)
    last = found.pop()
    hoarding = ran(sandbox, [HOARDING.format(half=HALF_MB, wait=WAIT_S)], SMALL)
    shown = "".join(o.text for o in hoarding.everywhere(OutputSeen)).strip()
    ending = hoarding.header.ending
    return [
        *found,
        Held(TOGETHER, ending == "out_of_memory", f"{shown} (its run ended as: {ending})"),
        Held(last.demand, last.held and not left, f"{left} still run"),
    ]


def ran(
    sandbox: Sandbox,
    sources: list[str],
    limits: Limits,
    progress: Progress = lambda done, total: None,
) -> Evidence:
    """The evidence of cells in a kernel of their own."""
    cells = tuple(Cell(i, "code", source) for i, source in enumerate(sources))
    submission = Submission("selftest", Path("selftest.ipynb"), "0" * 64, Notebook(cells))
    assignment = Assignment(
        id="selftest", title="selftest", limits=limits,
        exercise=[Exercise(id="1", title="selftest")],
    )  # fmt: skip
    placement = Placement({}, frozenset(), (), True)
    return run_submission(submission, assignment, placement, sandbox, progress=progress).evidence


def outlived(mark: str) -> list[int]:
    """Processes with a mark in their command line that do not end in the time that killing takes.

    Nobody waits for a killed kernel, see `Fork.close`.
    """
    until = time.monotonic() + END_S
    while True:
        left = [
            p.pid for p in psutil.process_iter(["cmdline"]) if mark in (p.info["cmdline"] or [])
        ]
        if not left or time.monotonic() > until:
            return left
        time.sleep(0.02)


def dedented(source: str) -> str:
    """A cell's source without the indentation it has here."""
    lines = source.strip("\n").splitlines()
    margin = len(lines[0]) - len(lines[0].lstrip())
    return "\n".join(line[margin:] for line in lines)


@contextmanager
def server() -> Iterator[int]:
    """A port of this machine that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield int(listening.getsockname()[1])
