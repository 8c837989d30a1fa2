"""What a saved file is and what reading it would run, found without running any of it.

A pickle names the functions it calls; they are read from its instructions, which `pickletools`
lists and does not follow. A zip tells how large its members become.
"""

from __future__ import annotations

import pickletools
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO

MOST_EXPANDED = 256 * 2**20
"""Bytes that a zip's members may become, all together."""
MOST_MEMBERS = 10_000
MOST_PICKLE = 16 * 2**20
"""Bytes of instructions that are read."""
MOST_GLOBALS = 200
PICKLES = 5
"""In a file of torch's older form, one after the other; then numbers follow."""

FAMILIES = (
    "torch",
    "torchvision",
    "numpy",
    "collections",
    "__main__",
    "__torch__",
    "pathlib",
    "datetime",
)
"""Packages whose members a model is made of."""
PLAIN = {
    "builtins": {"set", "frozenset", "dict", "list", "tuple", "int", "float", "complex", "bool",
                 "str", "bytes", "bytearray", "slice", "range", "object", "type", "print"},
    "_codecs": {"encode"},
    "copyreg": {"_reconstructor"},
    "functools": {"partial"},
    "enum": {"Enum", "IntEnum"},
}  # fmt: skip
REFUSED = ("torch.hub", "torch.utils.cpp_extension", "torch.utils.collect_env", "numpy.testing",
           "numpy.f2py", "numpy.distutils", "torch.distributed", "torch.multiprocessing",
           "torch.utils.bottleneck", "torch._inductor", "torch._dynamo")  # fmt: skip
"""Parts of those packages that start programs or fetch code."""
TEXTS = ("SHORT_BINUNICODE", "BINUNICODE", "UNICODE", "BINUNICODE8", "SHORT_BINSTRING", "STRING",
         "BINSTRING")  # fmt: skip


class TooLarge(Exception):
    """A file becomes larger than is taken."""


def looked_into(path: str, modules: list[str]) -> dict[str, Any]:
    """What a file is.

    Args:
        path: of the file, a regular one.
        modules: names of the hand-in's own modules, which a whole model may be made of.

    Returns:
        `form` ("torch", "script", "pickle", "safetensors" or "unknown"), `globals` that reading it
        would use, and `unsafe`: those among them that no model is made of.

    Raises:
        TooLarge: it becomes larger than is taken.
        Exception: of any kind, where it is none of these.
    """
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            form, names = in_zip(archive)
    else:
        with open(path, "rb") as file:
            start = file.read(9)
            if start[8:] == b"{" and int.from_bytes(start[:8], "little") < MOST_PICKLE:
                return {"form": "safetensors", "globals": [], "unsafe": []}
            file.seek(0)
            form, names = "pickle", in_pickles(file)
    unsafe = [n for n in names if not is_plain(n, modules)]
    return {"form": form, "globals": names, "unsafe": unsafe}


def in_zip(archive: zipfile.ZipFile) -> tuple[str, list[str]]:
    """The form of a zip, and the globals its pickles name."""
    members = archive.infolist()
    if len(members) > MOST_MEMBERS or sum(m.file_size for m in members) > MOST_EXPANDED:
        raise TooLarge
    found: list[str] = []
    for member in members:
        if member.filename.endswith(".pkl"):
            if member.file_size > MOST_PICKLE:
                raise TooLarge
            with archive.open(member) as pickle:
                found += globals_in(pickle.read(MOST_PICKLE + 1))
    names = [m.filename.partition("/")[2] for m in members]
    if any(n == "constants.pkl" or n.startswith("code/") for n in names):
        return "script", unique(found)
    return ("torch" if "data.pkl" in names else "unknown"), unique(found)


def in_pickles(file: BinaryIO) -> list[str]:
    """The globals of pickles that stand at the beginning of a file."""
    data = file.read(MOST_PICKLE + 1)
    found: list[str] = []
    start = 0
    for _ in range(PICKLES):
        if data[start : start + 1] != b"\x80":  # where torch's numbers begin, or nothing
            break
        found += globals_in(data[start:])
        start += length_of(data[start:])
    if not start:
        raise ValueError("no pickle")
    return unique(found)


def length_of(data: bytes) -> int:
    """How long the first pickle is."""
    return 1 + max(position or 0 for _, _, position in pickletools.genops(data))


def globals_in(data: bytes) -> Iterator[str]:
    """What a pickle would look up, as dotted names; "?" for one that it works out."""
    memo: dict[int, object] = {}
    said: list[object] = []
    argument: Any
    for code, argument, _ in pickletools.genops(data):
        name = code.name
        if name in TEXTS:
            said.append(argument)
        elif name == "MEMOIZE":
            memo[len(memo)] = said[-1] if said else None
        elif name in ("BINPUT", "LONG_BINPUT", "PUT"):
            memo[int(argument)] = said[-1] if said else None
        elif name in ("BINGET", "LONG_BINGET", "GET"):
            said.append(memo.get(int(argument)))
        elif name in ("GLOBAL", "INST"):
            yield str(argument).replace(" ", ".", 1)
            said.append(None)
        elif name == "STACK_GLOBAL":
            pair = said[-2:]
            known = len(pair) == 2 and all(isinstance(p, str) for p in pair)
            yield ".".join(map(str, pair)) if known else "?"
            said.append(None)
        elif name.startswith("EXT"):
            yield "?"
        elif name not in ("FRAME", "PROTO"):
            said.append(None)
        del said[:-4]


def unique(names: list[str]) -> list[str]:
    """Names once each, cut to a bound."""
    return [n[:100] for n in dict.fromkeys(names)][:MOST_GLOBALS]


def is_plain(name: str, modules: list[str]) -> bool:
    """Whether a model may be made of it."""
    # `__builtin__` is what Python 2 calls its built-in names, and torch's older files do
    name = name.replace("__builtin__.", "builtins.")
    first, _, rest = name.partition(".")
    if first in PLAIN:
        return rest in PLAIN[first]
    return (first in FAMILIES or first in modules) and not name.startswith(REFUSED)
