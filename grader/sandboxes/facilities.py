"""What a machine must have for the fence, and how to get it where it is missing."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

OLDEST = (5, 14)
"""Linux counts processes per user namespace from here on."""
PROCESSORS = ("x86_64", "aarch64")
TRY = (
    "import ctypes, os; libc = ctypes.CDLL(None, use_errno=True); "
    "done = libc.unshare({flags}); print(os.strerror(ctypes.get_errno()) if done else 'there')"
)
USER, EVERY = 0x10000000, 0x7E020000


class Facility(NamedTuple):
    """One thing that the fence needs.

    Attributes:
        name: two words at most.
        there: whether this machine has it.
        found: what was seen.
        do: how to get it.
    """

    name: str
    there: bool
    found: str
    do: str


def facilities() -> Iterator[Facility]:
    """Everything the fence needs, the most common trouble last."""
    yield system()
    if not sys.platform.startswith("linux"):
        return
    machine = platform.machine()
    yield Facility(
        "processor", machine in PROCESSORS, machine, f"use one of {', '.join(PROCESSORS)}"
    )
    yield namespaces()


def system() -> Facility:
    """Linux, and new enough."""
    if not sys.platform.startswith("linux"):
        return Facility("fence", False, f"{platform.system()} has no namespaces",
                        "grade on Linux: a virtual machine, WSL 2 or a server")  # fmt: skip
    release = platform.release()
    numbers = tuple(int(n) for n in release.replace("-", ".").split(".")[:2] if n.isdigit())
    return Facility("kernel age", numbers >= OLDEST, f"Linux {release}", "use Linux 5.14 or newer")


def namespaces() -> Facility:
    """User namespaces and those inside them, tried in a process of its own."""
    code = TRY.format(flags=EVERY)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False,
        timeout=30,
    )  # fmt: skip
    said = done.stdout.strip() or done.stderr.strip()[-200:] or "no answer"
    who = "root" if os.geteuid() == 0 else "an ordinary user"
    if said == "there":
        return Facility("namespaces", True, f"user, mount, pid, network, ipc, uts, as {who}", "")
    return Facility("namespaces", False, f"{said}, as {who}", remedy())


def remedy() -> str:
    """What makes namespaces available on this machine."""
    settings = {
        "kernel/apparmor_restrict_unprivileged_userns": ("1", "0"),
        "kernel/unprivileged_userns_clone": ("0", "1"),
        "user/max_user_namespaces": ("0", "15000"),
    }
    for name, (bad, good) in settings.items():
        path = Path("/proc/sys") / name
        if path.exists() and path.read_text(encoding="ascii").strip() == bad:
            return f"an administrator types: sysctl -w {name.replace('/', '.')}={good}"
    if Path("/.dockerenv").exists() or Path("/run/.containerenv").exists():
        return ("start the container with --security-opt seccomp=unconfined"
                " --security-opt systempaths=unconfined --cap-add SYS_ADMIN")  # fmt: skip
    return "something here forbids unshare(2): a seccomp filter, or a policy of this machine"
