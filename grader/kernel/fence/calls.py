"""System calls that Python 3.11 has no function for.

Each raises `FenceError`, which names the facility that is missing: a fence with a hole is none.
"""

from __future__ import annotations

import ctypes
import os
import platform
from typing import NoReturn

NEW_NS = 0x00020000
NEW_CGROUP = 0x02000000
NEW_UTS = 0x04000000
NEW_IPC = 0x08000000
NEW_USER = 0x10000000
NEW_PID = 0x20000000
NEW_NET = 0x40000000

READ_ONLY = 0x1
NO_SETUID = 0x2
NO_DEVICES = 0x4
NO_PROGRAMS = 0x8
REMOUNT = 0x20
BIND = 0x1000
RECURSIVE = 0x4000
PRIVATE = 0x40000
DETACH = 2

SET_DEATH_SIGNAL = 1
SET_DUMPABLE = 4
DROP_BOUNDING = 24
SET_NO_NEW_PRIVILEGES = 38
SET_SECCOMP = 22
AMBIENT = 47
AMBIENT_CLEAR = 4
SECCOMP_FILTER = 2

CAPABILITY_VERSION_3 = 0x20080522
LAST_CAPABILITY = 63

PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
MOUNT_SETATTR = 442
AT_FDCWD = -100
AT_RECURSIVE = 0x8000

_libc = ctypes.CDLL(None, use_errno=True)


class FenceError(Exception):
    """A facility of this machine that the fence cannot do without.

    Args:
        said: what it is, and what the system says of it.
        number: the system's errno; 0 where it was not asked.
    """

    def __init__(self, said: str, number: int = 0) -> None:
        super().__init__(said)
        self.number = number


def _fail(what: str) -> NoReturn:
    number = ctypes.get_errno()
    raise FenceError(f"{what}: {os.strerror(number)}", number)


def unshare(flags: int, what: str) -> None:
    """Leave the namespaces that flags name for fresh ones."""
    if _libc.unshare(flags):
        _fail(what)


def join_namespace(descriptor: int, kind: int) -> None:
    """Go (back) into the namespace that an open file of /proc/PID/ns names."""
    if _libc.setns(descriptor, kind):
        _fail("returning to the own pid namespace")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Put a file system, or a folder that is there already, at target."""
    done = _libc.mount(
        os.fsencode(source), os.fsencode(target), kind.encode() or None, ctypes.c_ulong(flags),
        options.encode() or None,
    )  # fmt: skip
    if done:
        _fail(f"mounting {kind or source} on {target}")


def unmount(target: str) -> None:
    """Take a mount away, with everything below it."""
    if _libc.umount2(os.fsencode(target), DETACH):
        _fail(f"unmounting {target}")


def protect(target: str, attributes: int) -> None:
    """Set mount attributes on a mount and on everything below it (Linux 5.12)."""

    class Attributes(ctypes.Structure):
        _fields_ = [(n, ctypes.c_uint64) for n in ("set", "clear", "propagation", "userns")]

    wanted = Attributes(attributes, 0, 0, 0)
    if _libc.syscall(
        MOUNT_SETATTR, AT_FDCWD, os.fsencode(target), AT_RECURSIVE, ctypes.byref(wanted),
        ctypes.c_size_t(ctypes.sizeof(wanted)),
    ):  # fmt: skip
        _fail(f"making {target} read-only")


def pivot_root(new: str, old: str) -> None:
    """Make new the root; the old one lies at old."""
    number = PIVOT_ROOT.get(platform.machine())
    if number is None:
        raise FenceError(f"a processor of kind {platform.machine()}, which the fence does not know")
    if _libc.syscall(number, os.fsencode(new), os.fsencode(old)):
        _fail("changing the root folder")


def prctl(option: int, *values: int, what: str) -> None:
    """Change one property of this process."""
    given = [ctypes.c_ulong(v) for v in (*values, 0, 0, 0, 0)[:4]]
    if _libc.prctl(option, *given):
        _fail(what)


def drop_capabilities() -> None:
    """No capability, now or after an exec."""
    for capability in range(LAST_CAPABILITY + 1):
        if _libc.prctl(DROP_BOUNDING, ctypes.c_ulong(capability), 0, 0, 0) and capability == 0:
            _fail("dropping capabilities")
    _libc.prctl(AMBIENT, ctypes.c_ulong(AMBIENT_CLEAR), 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    none = (ctypes.c_uint32 * 6)()
    if _libc.capset(ctypes.byref(header), ctypes.byref(none)):
        _fail("dropping capabilities")


def install_filter(program: bytes) -> None:
    """Put a seccomp filter on this process and all it will start; needs no_new_privs."""

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]

    given = Program(len(program) // 8, program)
    if _libc.prctl(SET_SECCOMP, ctypes.c_ulong(SECCOMP_FILTER), ctypes.byref(given), 0, 0):
        _fail("a seccomp filter")
