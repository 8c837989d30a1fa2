"""Where lies what was imported, as far as that is somewhere unusual.

Most of Python lies in a few folders that are known beforehand. What does not, such as a package
that was installed to be edited or a library that the system found elsewhere, is known for certain
only once it is loaded.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator

PACKAGES = ("site-packages", "dist-packages")
"""Names of folders that hold packages and nothing else."""
LIBRARY_PATH = "LD_LIBRARY_PATH"


def elsewhere(known: list[str]) -> list[str]:
    """Folders and files outside known folders that this process's imports cannot do without.

    Folders of packages as a whole, of other folders only the packages and modules in use, and
    shared libraries under every name by which the system may look for them.
    """
    outer = list(known)
    unknown = [m for m in mapped() if not any(inside(m, folder) for folder in outer)]
    found = {*package_folders(), *modules(), *libraries(unknown)}
    for path in sorted(found):
        if path and not any(inside(path, folder) for folder in outer) and os.path.exists(path):
            outer.append(path)
    return outer[len(known) :]


def closed_to_others() -> list[str]:
    """Folders and files of imported modules that a user without rights cannot read."""
    wanted = {p for p in (*sys.path, *modules()) if p and os.path.exists(p)}
    return sorted(p for p in wanted if os.stat(p).st_mode & 0o005 < needed(p))


def needed(path: str) -> int:
    """The permission bits that others need: to read, and of a folder to enter it."""
    return 0o005 if os.path.isdir(path) else 0o004


def inside(path: str, folder: str) -> bool:
    """Whether a path is a folder, or lies in it."""
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def package_folders() -> Iterator[str]:
    """The folders that packages are installed into, wherever a `.pth` file found them."""
    for folder in sys.path:
        if os.path.basename(folder) in PACKAGES:
            yield os.path.abspath(folder)


def modules() -> Iterator[str]:
    """What every imported module came from; of a package its folders."""
    for module in list(sys.modules.values()):
        folders = getattr(module, "__path__", None)
        file = getattr(module, "__file__", None)
        try:
            found = [str(f) for f in folders] if folders is not None else [file]
        except TypeError:  # some put an object in their own place
            continue
        yield from (file_of(f) for f in found if isinstance(f, str) and os.path.isabs(f))


def file_of(path: str) -> str:
    """A path itself, or the archive that it leads into."""
    while not os.path.exists(path) and path != "/":
        path = os.path.dirname(path)
    return path if path != "/" else ""


def libraries(files: Iterable[str]) -> Iterator[str]:
    """Shared libraries, their further names, and the folders of LD_LIBRARY_PATH they are from.

    A library may load others of its folder later; the name that it was asked for by may be a link.
    """
    named = [f for f in os.environ.get(LIBRARY_PATH, "").split(":") if os.path.isabs(f)]
    for file in files:
        folder = os.path.dirname(file)
        yield file
        yield from (f for f in named if os.path.realpath(f) == folder)
        with contextlib.suppress(OSError):  # a folder need not be readable for what lies in it
            links = [e.path for e in os.scandir(folder) if e.is_symlink()]
            yield from (link for link in links if os.path.realpath(link) == file)


def mapped() -> set[str]:
    """Files of shared libraries in this process's memory."""
    with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as lines:
        paths = {line.rstrip("\n").split(maxsplit=5)[-1] for line in lines}
    return {p for p in paths if p.startswith("/") and ".so" in p and os.path.isfile(p)}
