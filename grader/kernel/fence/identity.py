"""Who a fenced process is: a user of its own, without a single right beyond that.

Where the warm parent is root, the process becomes a user that exists nowhere else; where it is an
ordinary user, it stays that user as far as the host can see. In both cases a user namespace of its
own gives it a count of processes of its own.
"""

from __future__ import annotations

import os
from pathlib import Path

from .calls import (
    NEW_USER,
    SET_DEATH_SIGNAL,
    SET_DUMPABLE,
    SET_NO_NEW_PRIVILEGES,
    drop_capabilities,
    install_filter,
    prctl,
    unshare,
)

STUDENT = 1000
STRANGER = 64007
"""No account's number on any system known, and mapped in containers too."""
KILL = 9


def may_mount() -> bool:
    """Whether this process is root in earnest, and not in a container that took its rights.

    Root of a user namespace that knows no other user cannot become one.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    effective = int(status.split("CapEff:")[1].split()[0], 16)
    needed = sum(1 << n for n in (0, 6, 7, 21))  # chown, setgid, setuid, sys_admin
    mapped = any(
        int(first) <= STRANGER < int(first) + int(count)
        for first, _, count in (
            line.split() for line in Path("/proc/self/uid_map").read_text("ascii").splitlines()
        )
    )
    return os.geteuid() == 0 and effective & needed == needed and mapped


def enter_user_namespace(inside: int) -> None:
    """Be nobody outside a user namespace and `inside` within."""
    user, group = os.geteuid(), os.getegid()
    unshare(NEW_USER, "a user namespace")
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{inside} {user} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{inside} {group} 1", encoding="ascii")


def become_student(*, root: bool) -> None:
    """Give up every right."""
    if root:
        os.setgroups([])
        os.setresgid(STRANGER, STRANGER, STRANGER)
        os.setresuid(STRANGER, STRANGER, STRANGER)
        prctl(SET_DUMPABLE, 1, what="reading its own /proc entry")
    enter_user_namespace(STUDENT)
    prctl(SET_DEATH_SIGNAL, KILL, what="ending with the warm parent")


def lock(program: bytes) -> None:
    """The last steps: nothing can be regained."""
    drop_capabilities()
    prctl(SET_NO_NEW_PRIVILEGES, 1, what="no_new_privs")
    install_filter(program)
