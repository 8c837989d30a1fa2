"""System calls that a notebook has no business with, by number and processor.

What is newer than this table is refused too: a call nobody had heard of when it was written is
no call that a notebook needs. Numbers: `asm/unistd_64.h` and `asm-generic/unistd.h` of Linux.
"""

from __future__ import annotations

ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""AUDIT_ARCH_… of linux/audit.h."""

CLONE = {"x86_64": 56, "aarch64": 220}
CLONE3 = 435
SOCKET = {"x86_64": 41, "aarch64": 198}
IOCTL = {"x86_64": 16, "aarch64": 29}
SETSOCKOPT = {"x86_64": 54, "aarch64": 208}
NEWEST = 462

# name: (x86_64, aarch64); None where a processor does not have it
REFUSED: dict[str, tuple[int | None, int | None]] = {
    # the view of the file system
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442), "statmount": (457, 457), "listmount": (458, 458),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "fanotify_init": (300, 262),
    "quotactl": (179, 60), "quotactl_fd": (443, 443), "swapon": (167, 224), "swapoff": (168, 225),
    # namespaces and other processes
    "unshare": (272, 97), "setns": (308, 268), "ptrace": (101, 117), "kcmp": (312, 272),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "pidfd_getfd": (438, 438),
    "process_madvise": (440, 440), "personality": (135, 92),
    # memory that no limit of a process counts: it lies in no folder and in no process
    "memfd_create": (319, 279), "shmget": (29, 194), "msgget": (68, 186), "semget": (64, 190),
    # the kernel's own machinery
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "syslog": (103, 116), "acct": (163, 89), "vhangup": (153, 58), "lookup_dcookie": (212, 18),
    "memfd_secret": (447, 447), "uselib": (134, None), "ustat": (136, None), "sysfs": (139, None),
    "iopl": (172, None), "ioperm": (173, None), "modify_ldt": (154, None), "_sysctl": (156, None),
    "nfsservctl": (180, 42),
    # clocks and names
    "settimeofday": (164, 170), "clock_settime": (227, 112), "clock_adjtime": (305, 266),
    "adjtimex": (159, 171), "sethostname": (170, 161), "setdomainname": (171, 162),
}  # fmt: skip
