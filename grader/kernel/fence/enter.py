"""The way into the fence, in the only order that works.

Mounting needs rights, so rights go last; the count of processes is per user namespace, so its
limit is set inside.
"""

from __future__ import annotations

import array
import fcntl
import os
import signal
import socket
import struct

from . import identity, limits, view
from .calls import NEW_CGROUP, NEW_IPC, NEW_NET, NEW_NS, NEW_UTS, unshare
from .terms import Terms

INTERFACE_FLAGS = 0x8914
UP = 0x1


def enter(terms: Terms, program: bytes, *, root: bool) -> None:
    """Fence this process in. It is already the first of a fresh pid namespace.

    Args:
        terms: what it may see and use.
        program: the seccomp filter.
        root: whether the warm parent is root.

    Raises:
        FenceError: a facility is missing.
        OSError: a file or folder cannot be made.
    """
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.umask(0o022)
    for flag, what in (
        (NEW_NS, "a mount namespace"),
        (NEW_NET, "a network namespace"),
        (NEW_IPC, "an ipc namespace"),
        (NEW_UTS, "a uts namespace"),
        (NEW_CGROUP, "a cgroup namespace"),
    ):
        unshare(flag, what)
    socket.sethostname(terms.hostname)
    loopback_up()
    view.build(terms, identity.STRANGER if root else 0)
    identity.become_student(root=root)
    limits.apply(terms)
    identity.lock(program)


def loopback_up() -> None:
    """Bring up lo: libraries bind to 127.0.0.1 to talk to themselves."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = array.array("b", struct.pack("16sh14x", b"lo", UP))
        fcntl.ioctl(any_socket, INTERFACE_FLAGS, request)
