"""The fence without a kernel: its filter of system calls, its terms, what it needs."""

from __future__ import annotations

import errno
import json
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.assignment import Limits
from grader.kernel.fence import filter as fence_filter
from grader.kernel.fence import syscalls
from grader.kernel.fence.calls import FenceError
from grader.kernel.fence.terms import read_terms
from grader.sandboxes import facilities, fenced
from grader.sandboxes.warm_parent import WarmParent

# The filter, decoded and run by an interpreter of classic BPF: just the instructions it may hold.

PROCESSORS = ("x86_64", "aarch64")
ALLOWED, IGNORED = 0, -1
LOAD_WORD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_ANY_BIT, AND_WITH, RETURN = 32, 21, 53, 69, 84, 6
ACTION, DATA, ERROR, ALLOW = 0xFFFF0000, 0xFFFF, 0x00050000, 0x7FFF0000
MOST_INSTRUCTIONS = 4096


class Instruction(NamedTuple):
    """A struct sock_filter."""

    code: int
    yes: int
    no: int
    value: int


def decoded(program: bytes) -> list[Instruction]:
    assert len(program) % 8 == 0
    return [Instruction(*parts) for parts in struct.iter_unpack("=HBBI", program)]


def program_for(machine: str) -> list[Instruction]:
    """The filter as it is made on a machine of this kind."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("platform.machine", lambda: machine)
        return decoded(fence_filter.program())


def result(program: list[Instruction], call: bytes) -> int:
    """What a program does with a struct seccomp_data: 0 lets it pass, else the call's errno.

    IGNORED where the call does nothing and seems to succeed.
    """
    word, at = 0, 0
    while True:
        code, yes, no, value = program[at]
        at += 1
        if code == LOAD_WORD:
            assert value % 4 == 0
            (word,) = struct.unpack_from("=I", call, value)
        elif code == AND_WITH:
            word &= value
        elif code == RETURN:
            if value == ALLOW:
                return ALLOWED
            assert value & ACTION == ERROR
            return value & DATA or IGNORED
        else:
            holds = {JUMP_EQUAL: word == value, JUMP_AT_LEAST: word >= value,
                     JUMP_ANY_BIT: bool(word & value)}[code]  # fmt: skip
            at += yes if holds else no


PROGRAMS = {machine: program_for(machine) for machine in PROCESSORS}


def tried(machine: str, number: int, *args: int, architecture: int | None = None) -> int:
    """How a system call ends on a machine of this kind."""
    if architecture is None:
        architecture = syscalls.ARCHITECTURE[machine]
    given_args = [*args, *[0] * (6 - len(args))]
    call = struct.pack("=IIQ6Q", number & 0xFFFFFFFF, architecture, 0x7F0000001000, *given_args)
    return result(PROGRAMS[machine], call)


def number_of(name: str, machine: str) -> int | None:
    return syscalls.REFUSED[name][PROCESSORS.index(machine)]


processors = st.sampled_from(PROCESSORS)
words = st.integers(0, 2**32 - 1)
registers = st.integers(0, 2**64 - 1)
arguments = st.lists(registers, min_size=6, max_size=6)
upper_halves = st.integers(0, 2**32 - 1).map(lambda n: n << 32)
"""The system reads a flag or a family as 32 bits; what stands above must change nothing."""


@pytest.mark.parametrize("machine", PROCESSORS)
def test_the_kernel_would_take_the_program(machine: str) -> None:
    program = PROGRAMS[machine]
    assert 0 < len(program) <= MOST_INSTRUCTIONS
    assert program[-1].code == RETURN
    for at, step in enumerate(program):
        assert step.code in (LOAD_WORD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_ANY_BIT, AND_WITH, RETURN)
        if step.code in (JUMP_EQUAL, JUMP_AT_LEAST, JUMP_ANY_BIT):
            assert at + 1 + max(step.yes, step.no) < len(program)


@pytest.mark.parametrize("machine", PROCESSORS)
@pytest.mark.parametrize("name", syscalls.REFUSED)
def test_a_refused_call_looks_like_a_right_that_is_lacking(name: str, machine: str) -> None:
    number = number_of(name, machine)
    assert number is None or tried(machine, number) == errno.EPERM


@given(processors, st.sampled_from(list(syscalls.REFUSED)), arguments)
def test_a_refused_call_is_refused_whatever_it_is_given(
    machine: str, name: str, args: list[int]
) -> None:
    number = number_of(name, machine)
    assert number is None or tried(machine, number, *args) == errno.EPERM


@pytest.mark.parametrize("machine", PROCESSORS)
def test_no_number_stands_for_two_refused_calls(machine: str) -> None:
    numbers = [n for name in syscalls.REFUSED if (n := number_of(name, machine)) is not None]
    assert len(numbers) == len(set(numbers))
    assert max(numbers) <= syscalls.NEWEST


# asm/unistd_64.h and asm-generic/unistd.h: what Python, torch and a shell cannot do without
ORDINARY = {
    "read": (0, 63), "write": (1, 64), "close": (3, 57), "mmap": (9, 222), "mprotect": (10, 226),
    "munmap": (11, 215), "brk": (12, 214), "rt_sigaction": (13, 134), "pipe2": (293, 59),
    "dup3": (292, 24), "getpid": (39, 172), "execve": (59, 221), "exit_group": (231, 94),
    "wait4": (61, 260), "kill": (62, 129), "futex": (202, 98), "openat": (257, 56),
    "getdents64": (217, 61), "newfstatat": (262, 79), "statx": (332, 291), "unlinkat": (263, 35),
    "epoll_pwait": (281, 22), "connect": (42, 203), "bind": (49, 200), "sendmsg": (46, 211),
    "getrandom": (318, 278), "prlimit64": (302, 261), "sched_setaffinity": (203, 122),
    "set_robust_list": (273, 99), "rseq": (334, 293),
    "pidfd_open": (434, 434), "close_range": (436, 436), "openat2": (437, 437),
    "faccessat2": (439, 439), "seccomp": (317, 277), "prctl": (157, 167),
}  # fmt: skip
HANDLED = {
    machine: {syscalls.CLONE[machine], syscalls.SOCKET[machine], syscalls.IOCTL[machine],
              syscalls.CLONE3, syscalls.SETSOCKOPT[machine],
              *(number_of(n, machine) for n in syscalls.REFUSED)}
    for machine in PROCESSORS
}  # fmt: skip


@pytest.mark.parametrize("machine", PROCESSORS)
@pytest.mark.parametrize(
    ("level", "option", "ends"),
    [(1, 7, "ignored"), (1, 8, "ignored"), (1, 32, "ignored"), (1, 2, "passes"), (6, 7, "passes")],
)
def test_a_socket_gets_no_larger_buffers(machine: str, level: int, option: int, ends: str) -> None:
    seen = tried(machine, syscalls.SETSOCKOPT[machine], 3, level, option)
    assert seen == {"ignored": IGNORED, "passes": ALLOWED}[ends]


@given(processors, st.sampled_from(list(ORDINARY)), arguments)
def test_an_ordinary_call_passes(machine: str, name: str, args: list[int]) -> None:
    assert tried(machine, ORDINARY[name][PROCESSORS.index(machine)], *args) == ALLOWED


@given(processors, st.integers(0, syscalls.NEWEST), arguments)
def test_only_what_the_table_names_is_refused(machine: str, number: int, args: list[int]) -> None:
    if number not in HANDLED[machine]:
        assert tried(machine, number, *args) == ALLOWED


THREAD, FORK, VFORK = 0x3D0F00, 0x1200011, 0x4111
"""What glibc asks of clone for a thread, a fork and a vfork."""
NAMESPACES = {
    "time": 0x80, "mount": 0x20000, "cgroup": 0x2000000, "uts": 0x4000000, "ipc": 0x8000000,
    "user": 0x10000000, "pid": 0x20000000, "net": 0x40000000,
}  # fmt: skip


@pytest.mark.parametrize("machine", PROCESSORS)
@pytest.mark.parametrize("flags", [THREAD, FORK, VFORK, 17])
def test_threads_and_processes_start(machine: str, flags: int) -> None:
    assert tried(machine, syscalls.CLONE[machine], flags) == ALLOWED


@given(processors, st.sampled_from(list(NAMESPACES.values())), words, upper_halves)
def test_no_process_starts_in_a_namespace_of_its_own(
    machine: str, kind: int, flags: int, upper: int
) -> None:
    assert tried(machine, syscalls.CLONE[machine], upper | flags | kind) == errno.EPERM


@given(processors, arguments)
def test_clone3_is_not_there_so_that_libraries_fall_back(machine: str, args: list[int]) -> None:
    assert tried(machine, syscalls.CLONE3, *args) == errno.ENOSYS


UNIX, INET, INET6, NETLINK = 1, 2, 10, 16
STREAM, DGRAM, RAW, SEQPACKET, PACKETS = 1, 2, 3, 5, 10
ON_CLOSE, NO_WAIT = 0x80000, 0x800
TCP, UDP, SCTP, MPTCP = 6, 17, 132, 262
kinds = st.sampled_from([0, ON_CLOSE, NO_WAIT, ON_CLOSE | NO_WAIT])


@given(processors, st.sampled_from([UNIX, INET, INET6]), st.sampled_from([STREAM, DGRAM]), kinds,
       upper_halves)  # fmt: skip
def test_ordinary_sockets_are_made(
    machine: str, family: int, kind: int, flags: int, upper: int
) -> None:
    socket = syscalls.SOCKET[machine]
    assert tried(machine, socket, upper | family, upper | kind | flags, 0) == ALLOWED


@given(processors, st.sampled_from([INET, INET6]), st.sampled_from([STREAM, DGRAM, SEQPACKET]),
       st.sampled_from([TCP, UDP, 1, 2, 33, SCTP, MPTCP]))  # fmt: skip
def test_protocols_that_the_system_would_load_a_module_for_do_not_exist(
    machine: str, family: int, kind: int, protocol: int
) -> None:
    made = tried(machine, syscalls.SOCKET[machine], family, kind, protocol)
    assert made == (ALLOWED if protocol in (TCP, UDP) else errno.EPROTONOSUPPORT)


@given(processors, st.sampled_from([UNIX, INET, INET6]), st.sampled_from([RAW, PACKETS]), kinds,
       words, upper_halves)  # fmt: skip
def test_no_socket_is_made_that_sees_raw_packets(
    machine: str, family: int, kind: int, flags: int, protocol: int, upper: int
) -> None:
    socket = syscalls.SOCKET[machine]
    assert tried(machine, socket, family, upper | kind | flags, protocol) == errno.EPERM


@given(processors, kinds, words)
def test_of_netlink_only_the_addresses_are_to_be_had(
    machine: str, flags: int, protocol: int
) -> None:
    made = tried(machine, syscalls.SOCKET[machine], NETLINK, RAW | flags, protocol)
    assert made == (ALLOWED if protocol == 0 else errno.EAFNOSUPPORT)


@given(processors, words, st.sampled_from([STREAM, DGRAM, SEQPACKET]), kinds)
def test_families_that_lead_elsewhere_do_not_exist(
    machine: str, family: int, kind: int, flags: int
) -> None:
    if family not in (UNIX, INET, INET6, NETLINK):
        made = tried(machine, syscalls.SOCKET[machine], family, kind | flags, 0)
        assert made == errno.EAFNOSUPPORT


@pytest.mark.parametrize("machine", PROCESSORS)
@pytest.mark.parametrize("family", [17, 38, 40, 44], ids=["packet", "alg", "vsock", "xdp"])
def test_no_packets_no_ciphers_no_hypervisor(machine: str, family: int) -> None:
    assert tried(machine, syscalls.SOCKET[machine], family, STREAM, 0) == errno.EAFNOSUPPORT


@given(processors, st.sampled_from([0x5412, 0x541C]), upper_halves, registers)
def test_nobody_types_into_a_terminal(machine: str, request: int, upper: int, fd: int) -> None:
    assert tried(machine, syscalls.IOCTL[machine], fd, upper | request) == errno.EPERM


@given(processors, words, registers)
def test_other_requests_to_devices_pass(machine: str, request: int, fd: int) -> None:
    if request not in (0x5412, 0x541C):
        assert tried(machine, syscalls.IOCTL[machine], fd, request) == ALLOWED


@given(processors, words, words, arguments)
def test_calls_of_another_processor_do_not_exist(
    machine: str, architecture: int, number: int, args: list[int]
) -> None:
    if architecture != syscalls.ARCHITECTURE[machine]:
        assert tried(machine, number, *args, architecture=architecture) == errno.ENOSYS


@pytest.mark.parametrize("machine", PROCESSORS)
@pytest.mark.parametrize(
    "architecture", [0x40000003, 0x40000028, 0x8000003E], ids=["i386", "arm", "big-endian"]
)
def test_no_way_round_by_32_bit_calls(machine: str, architecture: int) -> None:
    assert tried(machine, 1, architecture=architecture) == errno.ENOSYS


@given(processors, st.integers(0, syscalls.NEWEST), arguments)
def test_no_way_round_by_the_x32_numbers(machine: str, number: int, args: list[int]) -> None:
    assert tried(machine, number | 0x40000000, *args) == errno.ENOSYS


@given(processors, st.integers(syscalls.NEWEST + 1, 2**32 - 1), arguments)
def test_calls_newer_than_the_table_do_not_exist(
    machine: str, number: int, args: list[int]
) -> None:
    assert tried(machine, number, *args) == errno.ENOSYS


def test_an_unknown_processor_has_no_fence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(FenceError, match="riscv64"):
        fence_filter.program()


# What a kernel may see


def test_nothing_of_our_environment_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fenced.environment(2)
    for name in (*before, "API_TOKEN", "LD_PRELOAD", "PYTHONPATH", "TMPDIR", "LC_ALL"):
        if name != "PATH":
            monkeypatch.setenv(name, "secret")
    assert fenced.environment(2) == before
    assert not {"API_TOKEN", "LD_PRELOAD", "PYTHONPATH", "TMPDIR", "LC_ALL"} & set(before)


def test_threads_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fenced.environment(2)["OMP_NUM_THREADS"] == "2"
    assert fenced.environment(1)["MKL_NUM_THREADS"] == "1"


OURS = Path(fenced.__file__).parents[2]


def terms(limits: Limits, hidden: list[str]) -> dict[str, Any]:
    warm = WarmParent([], {})
    warm.folder, warm.python = Path("/shown/batch"), ["/shown", str(OURS)]
    made: dict[str, Any] = json.loads(json.dumps(fenced.fence_terms(warm, limits, hidden)))
    warm.folder = Path()  # it would be removed
    return made


def test_the_terms_are_the_limits_of_the_assignment() -> None:
    limits = Limits(disk_mb=11, files=120, processes=130, memory_mb=1400, run_cpu_s=15.5)
    read = read_terms(terms(limits, []))
    assert (read.disk_mb, read.files, read.processes, read.memory_mb) == (11, 120, 130, 1400)
    assert read.cpu_s > limits.run_cpu_s
    assert read.base == "/shown/batch/root"


def test_what_is_hidden_and_the_grader_itself_are_out_of_sight() -> None:
    read = read_terms(terms(Limits(), ["/shown/course", "/shown/grades", "/elsewhere"]))
    assert read.hidden == sorted(
        [str(OURS / "grader"), "/shown/batch", "/shown/course", "/shown/grades"]
    )
    assert all(isinstance(pair, tuple) for pair in read.readable)
    assert ("/shown/batch/bin", fenced.PROGRAMS) in read.readable


def test_no_two_kernels_are_called_alike_and_none_like_this_machine() -> None:
    names = {terms(Limits(), [])["hostname"] for _ in range(20)}
    assert len(names) == 20
    assert os.uname().nodename not in names


# What a machine needs


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The root folder of a machine whose settings a test writes."""
    monkeypatch.setattr(facilities, "Path", lambda path: tmp_path / str(path).lstrip("/"))
    return tmp_path


def set_to(machine: Path, name: str, value: str) -> None:
    path = machine / "proc/sys" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{value}\n", encoding="ascii")


SETTINGS = {
    "kernel/apparmor_restrict_unprivileged_userns": ("1", "0"),
    "kernel/unprivileged_userns_clone": ("0", "1"),
    "user/max_user_namespaces": ("0", "15000"),
    "user/max_mnt_namespaces": ("0", "15000"),
    "user/max_net_namespaces": ("0", "15000"),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_the_setting_that_forbids_namespaces_is_named(machine: Path, name: str) -> None:
    bad, good = SETTINGS[name]
    for other, (_, harmless) in SETTINGS.items():
        set_to(machine, other, harmless)
    assert "sysctl" not in facilities.remedy()
    set_to(machine, name, bad)
    assert f"sysctl -w {name.replace('/', '.')}={good}" in facilities.remedy()


@pytest.mark.parametrize("mark", [".dockerenv", "run/.containerenv"])
def test_in_a_container_its_options_are_named(machine: Path, mark: str) -> None:
    (machine / mark).parent.mkdir(exist_ok=True)
    (machine / mark).touch()
    assert "--security-opt" in facilities.remedy()


def test_where_nothing_is_known_a_person_hears_what_to_look_for(machine: Path) -> None:
    assert "unshare(2)" in facilities.remedy()


def answering(stdout: str, stderr: str = "") -> Callable[..., object]:
    return lambda *args, **options: subprocess.CompletedProcess(args, 0, stdout, stderr)


def test_namespaces_that_are_there_need_nothing_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subprocess.run", answering("there\n"))
    found = facilities.namespaces()
    assert found.there
    assert found.do == ""


@pytest.mark.parametrize(
    ("out", "err", "told"),
    [
        ("Operation not permitted\n", "", "Operation not permitted"),
        ("", "killed by a policy\n", "killed by a policy"),
        ("", "", "no answer"),
    ],
)
def test_namespaces_that_are_not_there_are_told_with_a_remedy(
    monkeypatch: pytest.MonkeyPatch, machine: Path, out: str, err: str, told: str
) -> None:
    set_to(machine, "user/max_user_namespaces", "0")
    monkeypatch.setattr("subprocess.run", answering(out, err))
    found = facilities.namespaces()
    assert not found.there
    assert told in found.found
    assert "user.max_user_namespaces=15000" in found.do


@pytest.mark.parametrize(
    ("release", "new_enough"),
    [("5.14.0-503.el9.x86_64", True), ("6.8.0-31-generic", True), ("5.13.19", False),
     ("4.18.0-553", False), ("5.15-rc1", True)],
)  # fmt: skip
def test_an_old_linux_is_told(
    monkeypatch: pytest.MonkeyPatch, release: str, new_enough: bool
) -> None:
    monkeypatch.setattr("platform.release", lambda: release)
    found = facilities.system()
    assert found.there is new_enough
    assert release in found.found
    assert "5.14" in found.do


def test_another_system_has_no_fence_and_is_asked_nothing_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    (found,) = facilities.facilities()
    assert not found.there
    assert "Darwin" in found.found
    assert "Linux" in found.do


def test_another_processor_has_no_fence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    monkeypatch.setattr("subprocess.run", answering("there"))
    found = {f.name: f for f in facilities.facilities()}
    assert not found["processor"].there
    assert found["namespaces"].there
