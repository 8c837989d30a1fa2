"""The seccomp filter: a classic BPF program that refuses system calls.

A refused call fails as if this user lacked the right (EPERM) or the kernel did not know it
(ENOSYS), so that libraries fall back and nobody is killed for a try. A library that builds such
programs, libseccomp, would have to be installed by hand on most machines; the program has no
branches worth a library.
"""

from __future__ import annotations

import errno
import platform
import struct

from . import syscalls
from .calls import FenceError

LOAD = 0x20
EQUAL = 0x15
AT_LEAST = 0x35
ANY_BIT = 0x45
AND = 0x54
RETURN = 0x06

ALLOW = 0x7FFF0000
REFUSE = 0x00050000 | errno.EPERM
UNKNOWN = 0x00050000 | errno.ENOSYS
IGNORED = 0x00050000
NO_FAMILY = 0x00050000 | errno.EAFNOSUPPORT
NO_PROTOCOL = 0x00050000 | errno.EPROTONOSUPPORT

NUMBER, ARCHITECTURE, FIRST, SECOND, THIRD = 0, 4, 16, 24, 32
"""Offsets in struct seccomp_data; of the arguments the lower half."""

X32 = 0x40000000
NAMESPACES = 0x7E020080
"""CLONE_NEW… of every kind."""
SOCKET_KIND, RAW, PACKETS = 0xF, 3, 10
UNIX, INET, INET6 = 1, 2, 10
"""No packets, no way to a hypervisor."""
PROTOCOLS = (0, 6, 17)
"""The usual one, TCP, UDP: any other would have the kernel load a module for it."""
NETLINK, ROUTE = 16, 0
"""Of netlink only what getifaddrs asks for the addresses of its own namespace."""
SOCKET_LEVEL, BUFFER_SIZES = 1, (7, 8, 32, 33)
"""SO_SNDBUF, SO_RCVBUF, and both with force."""
TERMINAL_INPUT = (0x5412, 0x541C)
"""TIOCSTI and TIOCLINUX put words into a terminal's mouth."""
INTERFACES = (0x8910, 0x8A00)
"""SIOCGIFNAME and after: the sockets of the channels are of the host's network namespace, and tell
its addresses."""


def instruction(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    """Struct sock_filter; yes and no are how many instructions to skip."""
    return struct.pack("=HBBI", code, yes, no, value)


def load(offset: int) -> bytes:
    """Take a word of the call's description."""
    return instruction(LOAD, offset)


def verdict(value: int) -> bytes:
    """End the program."""
    return instruction(RETURN, value)


def when(code: int, value: int, then: list[bytes]) -> list[bytes]:
    """Instructions that are passed over unless the test holds."""
    return [instruction(code, value, 0, len(then)), *then]


def program() -> bytes:
    """The filter for this processor.

    Raises:
        FenceError: a processor whose system calls are not known here.
    """
    machine = platform.machine()
    if machine not in syscalls.ARCHITECTURE:
        raise FenceError(f"a processor of kind {machine}, which the fence does not know")
    column = list(syscalls.ARCHITECTURE).index(machine)
    steps = [load(ARCHITECTURE)]
    steps += [instruction(EQUAL, syscalls.ARCHITECTURE[machine], 1, 0), verdict(UNKNOWN)]
    steps.append(load(NUMBER))
    steps += when(AT_LEAST, syscalls.NEWEST + 1, [verdict(UNKNOWN)])  # x32 calls lie above too
    steps += when(EQUAL, syscalls.CLONE3, [verdict(UNKNOWN)])  # its flags lie in memory
    for numbers in syscalls.REFUSED.values():
        number = numbers[column]
        if number is not None:
            steps += when(EQUAL, number, [verdict(REFUSE)])
    steps += when(EQUAL, syscalls.CLONE[machine], clone())
    steps += when(EQUAL, syscalls.SOCKET[machine], socket())
    steps += when(EQUAL, syscalls.IOCTL[machine], ioctl())
    steps += when(EQUAL, syscalls.SETSOCKOPT[machine], setsockopt())
    steps.append(verdict(ALLOW))
    return b"".join(steps)


def clone() -> list[bytes]:
    """No process in a namespace of its own."""
    return [load(FIRST), *when(ANY_BIT, NAMESPACES, [verdict(REFUSE)]), verdict(ALLOW)]


def socket() -> list[bytes]:
    """Ordinary families and protocols, and no raw sockets."""
    routes = [load(THIRD), *when(EQUAL, ROUTE, [verdict(ALLOW)]), verdict(NO_FAMILY)]
    steps = [load(FIRST), *when(EQUAL, NETLINK, routes)]  # its sockets call themselves raw
    steps += [load(SECOND), instruction(AND, SOCKET_KIND)]
    for kind in (RAW, PACKETS):
        steps += when(EQUAL, kind, [verdict(REFUSE)])
    known = [load(THIRD)]
    for protocol in PROTOCOLS:
        known += when(EQUAL, protocol, [verdict(ALLOW)])
    known.append(verdict(NO_PROTOCOL))
    steps += [load(FIRST), *when(EQUAL, UNIX, [verdict(ALLOW)])]
    for family in (INET, INET6):
        steps += when(EQUAL, family, known)
    return [*steps, verdict(NO_FAMILY)]


def setsockopt() -> list[bytes]:
    """No larger buffers: what lies in them is nobody's memory. The call seems to succeed."""
    sizes = [load(THIRD)]
    for option in BUFFER_SIZES:
        sizes += when(EQUAL, option, [verdict(IGNORED)])
    sizes.append(verdict(ALLOW))
    return [load(SECOND), *when(EQUAL, SOCKET_LEVEL, sizes), verdict(ALLOW)]


def ioctl() -> list[bytes]:
    """No typing into terminals, and no questions about network interfaces."""
    steps = [load(SECOND)]
    for request in TERMINAL_INPUT:
        steps += when(EQUAL, request, [verdict(REFUSE)])
    first, after = INTERFACES
    below = when(AT_LEAST, after, [verdict(ALLOW)])
    steps += when(AT_LEAST, first, [*below, verdict(REFUSE)])
    return [*steps, verdict(ALLOW)]
