"""What a fenced process sees of the file system.

A root of its own, in memory: folders of Python and of the system read-only, empty folders to write
into, devices that are none, and its own /proc. Everything else of the host is not there, and what
it writes is gone with it.
"""

from __future__ import annotations

import os
from pathlib import Path

from .calls import (
    BIND,
    NO_DEVICES,
    NO_PROGRAMS,
    NO_SETUID,
    PRIVATE,
    READ_ONLY,
    RECURSIVE,
    REMOUNT,
    mount,
    pivot_root,
    protect,
    unmount,
)
from .terms import Terms

WORK = "/content"
HOME = "/home/student"
WRITABLE = (WORK, HOME, "/tmp", "/var/tmp", "/dev/shm")  # noqa: S108  (in a root of its own)
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
SETTINGS = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "fonts", "ssl/certs",
            "localtime", "mime.types", "terminfo")  # fmt: skip
DEVICES = ("null", "zero", "full", "random", "urandom")
DEVICE_LINKS = {
    "ptmx": "pts/ptmx", "fd": "/proc/self/fd", "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2",
}  # fmt: skip
MASKED = ("kcore", "keys", "timer_list", "sysrq-trigger", "kallsyms", "cmdline")
PEOPLE = "root:x:0:0:root:/root:/bin/sh\nstudent:x:1000:1000::/home/student:/bin/bash\n"
GROUPS = "root:x:0:\nstudent:x:1000:\n"
HOSTS = "127.0.0.1 localhost\n::1 localhost\n"
SPACE = "/.space"
LOCKED = READ_ONLY | NO_SETUID | NO_DEVICES


def build(terms: Terms, owner: int) -> None:
    """Replace the root of this mount namespace; writable folders belong to owner."""
    mount("none", "/", flags=PRIVATE | RECURSIVE)
    root = terms.base
    mount("tmpfs", root, "tmpfs", NO_SETUID | NO_DEVICES, "size=4m,nr_inodes=4096,mode=755")
    space(root, terms, owner)
    system(root)
    settings(root, terms)
    python(root, terms)
    devices(root)
    os.makedirs(f"{root}/proc")
    mount("proc", f"{root}/proc", "proc", NO_SETUID | NO_DEVICES | NO_PROGRAMS)
    for name in MASKED:
        hide(f"{root}/proc/{name}")
    os.makedirs(f"{root}/.old")
    pivot_root(root, f"{root}/.old")
    os.chdir("/")
    unmount("/.old")
    os.rmdir("/.old")
    mount("none", "/", flags=BIND | REMOUNT | LOCKED)
    os.chdir(WORK)


def space(root: str, terms: Terms, owner: int) -> None:
    """Folders to write into; one file system, so that one limit holds for all of them."""
    inside = root + SPACE
    os.mkdir(inside, 0o755)
    options = f"size={terms.disk_mb}m,nr_inodes={terms.files},mode=755"
    mount("tmpfs", inside, "tmpfs", NO_SETUID | NO_DEVICES, options)
    for number, target in enumerate(WRITABLE):
        part = f"{inside}/{number}"
        os.mkdir(part)
        os.chmod(part, 0o755 if target in (WORK, HOME) else 0o1777)
        os.chown(part, owner, owner)
        os.makedirs(root + target)
        mount(part, root + target, flags=BIND)
    unmount(inside)
    os.rmdir(inside)


def system(root: str) -> None:
    """The system's programs and libraries; a link stays a link."""
    for folder in SYSTEM:
        if os.path.islink(folder):
            os.symlink(os.readlink(folder), root + folder)
        elif os.path.isdir(folder):
            show(folder, root + folder)


def settings(root: str, terms: Terms) -> None:
    """As much of /etc as programs need to start."""
    os.makedirs(f"{root}/etc")
    texts = {"passwd": PEOPLE, "group": GROUPS, "hosts": HOSTS, "resolv.conf": "",
             "hostname": terms.hostname + "\n"}  # fmt: skip
    for name, text in texts.items():
        Path(f"{root}/etc/{name}").write_text(text, encoding="utf-8")
    for name in SETTINGS:
        if os.path.exists(f"/etc/{name}"):
            show(os.path.realpath(f"/etc/{name}"), f"{root}/etc/{name}")


def show(source: str, target: str) -> None:
    """Make a file or folder of the host appear, read-only."""
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        Path(target).touch()
    mount(source, target, flags=BIND | RECURSIVE)
    protect(target, LOCKED)


def python(root: str, terms: Terms) -> None:
    """Python's folders, and nothing in the place of a folder in them that stays out of sight.

    Nor is anything to be written beside them, should they lie below a folder to write into.
    """
    beside = {os.path.dirname(target) for _, target in terms.readable if below_writable(target)}
    places = [(target, source) for source, target in terms.readable]
    covers = []
    for target, source in sorted(places + [(h, "") for h in {*terms.hidden, *beside}]):
        if source:  # the outer one of two came before
            show(source, root + target)
            continue
        if target in beside:
            os.makedirs(root + target, exist_ok=True)
        if os.path.isdir(root + target):
            mount("tmpfs", root + target, "tmpfs", NO_SETUID | NO_DEVICES, "size=64k,mode=755")
            covers.append(root + target)
    for cover in covers:  # what is shown within has its place by now
        protect(cover, LOCKED)


def below_writable(path: str) -> bool:
    """Whether a path leads through a folder that a kernel may write into, to one below it."""
    return any(os.path.dirname(path).startswith(f"{folder}/") for folder in WRITABLE)


def devices(root: str) -> None:
    """Devices that hold nothing, terminals of its own, shared memory."""
    for name in DEVICES:
        Path(f"{root}/dev/{name}").touch()
        mount(f"/dev/{name}", f"{root}/dev/{name}", flags=BIND)
    os.mkdir(f"{root}/dev/pts")
    mount("devpts", f"{root}/dev/pts", "devpts", NO_SETUID | NO_PROGRAMS,
          "newinstance,ptmxmode=0666,mode=620")  # fmt: skip
    for name, target in DEVICE_LINKS.items():
        os.symlink(target, f"{root}/dev/{name}")


def hide(path: str) -> None:
    """Nothing where the kernel tells of the machine."""
    if os.path.lexists(path) and not os.path.islink(path):
        mount("/dev/null", path, flags=BIND)
