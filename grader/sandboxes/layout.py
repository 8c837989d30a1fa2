"""Where Python and its packages lie on this machine: what a fenced kernel sees of it, and no more.

A virtual environment may be made in a folder that holds a whole course, and a Python may live in
a home. So of either only the parts that every Python has are shown, and of what lies elsewhere
only what the warm parent has imported from there. The road not taken, showing whole prefixes,
shows a hand-in whatever else is kept in them.
"""

from __future__ import annotations

import os
import site
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

PARTS = ("bin", "lib", "lib64", "include", "share", "etc", "pyvenv.cfg")
"""Of a prefix, whoever made it: venv, uv, pyenv or conda."""
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
"""In sight of every kernel, see `kernel.fence.view`."""
PACKAGES = ("site-packages", "dist-packages")
LIBRARY_PATH = "LD_LIBRARY_PATH"
MOST_LINKS = 16


class Sight(NamedTuple):
    """What a kernel sees of this machine.

    Attributes:
        shown: folders and files, each where it lies.
        hidden: folders in those that stay empty.
    """

    shown: list[str]
    hidden: list[str]


def sight(python: Iterable[str], elsewhere: Iterable[str], hidden: Iterable[str]) -> Sight:
    """What to show of Python, and what must stay out of sight in it, the home included.

    Args:
        python: folders and files that every Python needs.
        elsewhere: those that the warm parent imported from besides.
        hidden: folders that no kernel may see, whatever lies around them.
    """
    kept_out = [os.path.realpath(h) for h in hidden] + home()
    harmless = (p for p in elsewhere if not shows_too_much(p, kept_out))
    shown = outermost([*python, *harmless], kept_out)
    seen = [*(f for f in SYSTEM if not os.path.islink(f)), *shown]
    covered = {
        at + h.removeprefix(real)
        for at, real in ((at, os.path.realpath(at)) for at in seen)
        for h in kept_out
        if h.startswith(f"{real}/")
    }
    return Sight(shown, sorted(covered))


def home() -> list[str]:
    """This user's home, unless it is one of the system's folders, as it is for some services."""
    path = os.path.realpath(os.path.expanduser("~"))
    return [] if path in SYSTEM or os.path.dirname(path) in ("/", *SYSTEM) else [path]


def shows_too_much(path: str, kept_out: Iterable[str]) -> bool:
    """Whether a folder that is none of packages holds one that must stay out of sight."""
    real = os.path.realpath(path)
    return os.path.basename(path) not in PACKAGES and any(inside(h, real) for h in kept_out)


def python_folders() -> list[str]:
    """Folders and files in which this Python and its packages lie, besides the system's own."""
    links = list(chain(sys.executable))
    prefixes = [sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix]
    prefixes.append(str(Path(links[-1]).parent.parent))  # base_prefix may end in a link
    prefixes += [os.path.realpath(prefix) for prefix in prefixes]
    found = [os.path.join(p, part) for p in prefixes if p != "/" for part in PARTS]
    found += [*links, *user_packages()]
    return outermost(f for f in found if os.path.exists(f))


def chain(path: str) -> Iterator[str]:
    """A path and all that its links lead through, to the file itself."""
    for _ in range(MOST_LINKS):
        yield path
        if not os.path.islink(path):
            break
        path = os.path.normpath(os.path.join(os.path.dirname(path), os.readlink(path)))
    yield os.path.realpath(path)


def user_packages() -> list[str]:
    """Where `pip install --user` puts packages, if this Python looks there."""
    return [site.getusersitepackages()] if site.ENABLE_USER_SITE else []


def where_python_is_told() -> dict[str, str]:
    """Environment variables of ours without which Python would not find its packages."""
    told = {}
    if any(map(os.path.isdir, user_packages())):
        told["PYTHONUSERBASE"] = site.getuserbase()  # a kernel's HOME is another
    libraries = [f for f in listed(LIBRARY_PATH) if os.path.isdir(f)]
    packages = [f for f in listed("PYTHONPATH") if os.path.basename(f) in PACKAGES]
    told |= {LIBRARY_PATH: ":".join(libraries)} if libraries else {}
    return told | ({"PYTHONPATH": ":".join(packages)} if packages else {})


def listed(variable: str) -> list[str]:
    """The absolute folders that a variable of our environment lists."""
    return [f.rstrip("/") for f in os.environ.get(variable, "").split(":") if os.path.isabs(f)]


def outermost(paths: Iterable[str], between: Iterable[str] = ()) -> list[str]:
    """Paths that lie in no other one, nor in the system's folders; each once.

    One that lies in another stays if a folder `between` the two is kept out of sight.
    """
    kept_out = list(between)
    kept: list[str] = []
    for path in sorted({os.path.normpath(p) for p in paths}):
        around = [f for f in (*SYSTEM, *kept) if inside(path, f)]
        if not around or any(inside(path, h) and inside(h, around[-1]) for h in kept_out):
            kept.append(path)
    return kept


def inside(path: str, folder: str) -> bool:
    """Whether a path is a folder, or lies in it."""
    return path == folder or path.startswith(f"{folder}/")
