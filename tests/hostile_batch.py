"""Grades hostile hand-ins with innocent ones between them, and watches the machine meanwhile."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest
from attack import MAKE, Attack, answers
from bait import ASSIGNMENT, ROOT, Ground, Listeners, digest, size, traces
from ordinary_user import as_ordinary_user

DEADLINE_S = 600
EVERY = 16
"""So many attacks between two groups of innocent hand-ins."""
INNOCENT = ("amara", "bo", "witness")
SUBREAPER = 36

WITNESS = """
import builtins, gc, json, os, random, signal, sys, threading, time, warnings
import matplotlib, nbformat, numpy, torch, torch.optim, IPython
shell = get_ipython()
for seen in (
    sorted(os.environ), os.environ.get("PATH"), os.getcwd(), os.listdir("."), os.listdir("/tmp"),
    os.listdir(os.path.expanduser("~")), os.umask(0o022), os.nice(0), sys.path,
    len(sys.meta_path), len(sys.path_hooks), len(sys.modules), sys.getrecursionlimit(),
    sys.getswitchinterval(), len(dir(builtins)), sum([1, 2]), json.dumps({"a": 1}),
    len(warnings.filters), gc.isenabled(), threading.active_count(), time.time() > 1e9,
    len(os.listdir("/proc/self/fd")), len([p for p in os.listdir("/proc") if p.isdigit()]),
    signal.getsignal(signal.SIGCHLD), signal.getsignal(signal.SIGTERM),
    torch.get_default_dtype(), torch.is_grad_enabled(), torch.get_num_threads(),
    torch.are_deterministic_algorithms_enabled(), torch.rand.__name__, torch.tensor([1 / 3]),
    torch.ones(2, 2) @ torch.ones(2, 2), torch.ones(2).max(), torch.rand(2), numpy.random.rand(),
    numpy.array([1 / 3]), random.random(), matplotlib.rcParams["backend"],
    len(shell.ast_transformers), len(shell.input_transformers_post), len(shell.user_ns),
    shell.showtraceback.__name__, nbformat.writes.__name__,
):
    print(seen)
"""
"""A cell that tells the state of its process; it must be the same whoever was graded before."""


class Batch(NamedTuple):
    """A graded batch, and what was seen around it.

    Attributes:
        ground: where it lay.
        attacks: those in it.
        innocents: the students in it who do nobody harm.
        code: the command's exit status; -1 where it did not end.
        said: what it printed.
        visits: who came to the listeners.
        before: what was watched, as it was before.
        left: processes that were still there when the command had ended.
        memory_mb: the most that a process outside the fence held.
        disk_mb: the most that the temporary folder held.
    """

    ground: Ground
    attacks: list[Attack]
    innocents: list[str]
    code: int
    said: str
    visits: list[str]
    before: dict[str, str]
    left: list[str]
    memory_mb: float
    disk_mb: float

    @property
    def students(self) -> dict[str, str]:
        """Which student stands for each attack, by its name."""
        return students(self.attacks)

    def record(self, student: str) -> Path:
        """The folder of a student's record."""
        return self.ground.out / ASSIGNMENT / student

    def grade(self, student: str) -> dict[str, Any]:
        """A student's grade; the test fails where there is none."""
        path = self.record(student) / "grade.json"
        if not path.exists():
            pytest.fail(f"{student} has no grade; the command said:\n{self.said[-3000:]}")
        grade: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return grade

    def outputs(self, student: str) -> str:
        """Everything that a student's cells showed in our run."""
        path = self.record(student) / "executed.ipynb"
        book = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"cells": []}
        return "\n".join(told(o) for c in book["cells"] for o in c.get("outputs", []))


def told(output: dict[str, Any]) -> str:
    """The text of an output of any kind, errors included."""
    if "ename" in output:
        return f"{output['ename']}: {output.get('evalue', '')}"
    text = output.get("text") or output.get("data", {}).get("text/plain", "")
    return "".join(text)


def students(attacks: list[Attack]) -> dict[str, str]:
    """Which student stands for each attack, by its name."""
    return {attack.name: f"{number:03}-{attack.name}" for number, attack in enumerate(attacks)}


def bystanders(attacks: list[Attack]) -> list[str]:
    """The innocent students of a batch."""
    return [f"{number:03}-{k}" for number in range(0, len(attacks), EVERY) for k in INNOCENT]


def innocent(kind: str) -> bytes:
    """A hand-in that does nobody harm."""
    if kind == "witness":
        made: bytes = MAKE["as_file"]({**answers(), "before": [WITNESS]})
        return made
    folder = ROOT / "submissions" / ASSIGNMENT / kind
    return next(folder.glob("*.ipynb")).read_bytes()


def lay_out(ground: Ground, listeners: Listeners, attacks: list[Attack]) -> None:
    """Write the hand-ins, innocent ones between the hostile ones, and what attackers know."""
    known = {
        "course": str(ground.course), "out": str(ground.out), "home": str(ground.home),
        "hand_ins": str(ground.hand_ins), "tcp": str(listeners.port),
        "socket": str(listeners.path), "abstract": listeners.abstract, "host": listeners.host,
    }  # fmt: skip
    for name, student in students(attacks).items():
        attack = next(a for a in attacks if a.name == name)
        book = attack.notebook({**known, "student": student})
        (ground.hand_ins / f"{student}.ipynb").write_bytes(book)


def grade_batch(folder: Path, user: str, attacks: list[Attack], innocents: list[str]) -> Batch:
    """Grade attacks and innocent hand-ins as a user, and look around before and after."""
    ground, listeners = Ground(folder), Listeners(folder)
    lay_out(ground, listeners, attacks)
    for student in innocents:
        book = innocent(student.partition("-")[2])
        (ground.hand_ins / f"{student}.ipynb").write_bytes(book)
    options = os.environ.get("HOSTILE_OPTIONS", "--jobs 2 --sandbox fenced").split()
    command = [sys.executable, "-m", "grader", "grade", str(ground.hand_ins),
               "--assignment", ASSIGNMENT, "--course", str(ground.course),
               "--out", str(ground.out), *options]  # fmt: skip
    if user == "ordinary" and os.geteuid() == 0:
        command = as_ordinary_user(command, writable=[folder])
    before = digest(ground.watched)
    assert traces() == [], "an earlier run left something"
    with listeners.listening(), adopting() as adopted, (folder / "said.txt").open("w+") as said:
        process = subprocess.Popen(
            command, cwd=ROOT, env=ground.environment, stdin=subprocess.DEVNULL, stdout=said,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        with measuring(process.pid, ground.tmp) as most:
            try:
                code = process.wait(DEADLINE_S)
            except subprocess.TimeoutExpired:
                code = -1
        left = adopted()
        said.seek(0)
        text = said.read()
    return Batch(
        ground, attacks, innocents, code, text, listeners.visits, before, left,
        most["memory"], most["disk"],
    )  # fmt: skip


@contextmanager
def adopting() -> Iterator[Callable[[], list[str]]]:
    """Orphans of what is started meanwhile become children of this process.

    Yields a function that tells which processes were added, and ends them.
    """
    prctl = ctypes.CDLL(None).prctl
    prctl(SUBREAPER, 1, 0, 0, 0)
    own = psutil.Process()
    known = {c.pid for c in own.children(recursive=True)}

    def added() -> list[str]:
        time.sleep(0.3)  # what was killed needs a moment to be gone
        told = []
        for child in own.children(recursive=True):
            if child.pid in known or child.status() == psutil.STATUS_ZOMBIE:
                continue
            told.append(f"{child.pid} {' '.join(child.cmdline())[:200]}")
            child.kill()
        return told

    try:
        yield added
    finally:
        prctl(SUBREAPER, 0, 0, 0, 0)


@contextmanager
def measuring(pid: int, folder: Path) -> Iterator[dict[str, float]]:
    """The most MiB that processes outside the fence and a folder hold meanwhile."""
    most = {"memory": 0.0, "disk": 0.0}
    over = threading.Event()

    def measure() -> None:
        while not over.wait(0.2):
            most["disk"] = max(most["disk"], size(folder) / 2**20)
            most["memory"] = max(most["memory"], peak_mb(pid))

    thread = threading.Thread(target=measure)
    thread.start()
    try:
        yield most
    finally:
        over.set()
        thread.join()


def peak_mb(pid: int) -> float:
    """The most that a process, and those it started in our own namespace, ever held."""
    here = os.readlink("/proc/self/ns/pid")
    most = 0.0
    try:
        found = [pid, *(c.pid for c in psutil.Process(pid).children(recursive=True))]
    except psutil.Error:
        return most
    for one in found:
        try:
            if os.readlink(f"/proc/{one}/ns/pid") == here:
                status = Path(f"/proc/{one}/status").read_text()
                most = max(most, int(status.split("VmHWM:")[1].split()[0]) / 1024)
        except (OSError, IndexError):
            continue
    return most
