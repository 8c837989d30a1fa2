"""A zip as files in memory.

Nothing in it is trusted: names are looked at and never written to a disk of the host's, and what
comes out is counted as it comes, whatever the headers say.
"""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from io import BytesIO
from typing import NamedTuple

from grader.kinds import passed_over
from grader.notebook import Unreadable

MOST_ENTRIES = 5000
MOST_BYTES = 200_000_000
"""Bytes of all files of a zip together."""
MOST_RATIO = 500
"""How many times larger than itself a zip may become beyond ALWAYS_FINE bytes."""
ALWAYS_FINE = 20_000_000
MOST_DEPTH = 30
LONGEST_NAME = 255
PIECE = 1 << 20
ENTRY = b"PK\x01\x02"
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED = 0x1 | 0x40 | 0x2000
UTF_8 = 0x800
ASK = "ask for the notebook itself"

BROKEN = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError,
    RuntimeError, OverflowError, KeyError,
)  # fmt: skip


class Refused(Exception):
    """A zip that is not unpacked; the message says why."""


class Entry(NamedTuple):
    """A file of a zip: its name with "/" between folders, and where it is."""

    name: str
    info: zipfile.ZipInfo


def unpack(data: bytes) -> dict[str, bytes] | Unreadable:
    """The files of a zip by name, hidden ones and those made by a machine left out.

    Args:
        data: the bytes of the zip.
    """
    try:
        if data.count(ENTRY) > MOST_ENTRIES:
            raise Refused(f"the zip holds more than {MOST_ENTRIES} files; {ASK}")
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return contents(archive, entries(archive), len(data))
    except Refused as problem:
        return Unreadable(str(problem))
    except BROKEN as problem:
        why = " ".join(str(problem).split())[:80]
        return Unreadable(f"the zip is broken ({why}); ask for it again")


def entries(archive: zipfile.ZipFile) -> list[Entry]:
    """The files that may be read.

    Raises:
        Refused: there is something in it that no hand-in has any need of.
    """
    found: dict[str, Entry] = {}
    for info in archive.infolist():
        entry = entry_of(info)
        if entry is None:
            continue
        if entry.name in found:
            raise Refused(f"the zip holds {shown(entry.name)} twice; {ASK}")
        found[entry.name] = entry
    folders = {name[:at] for name in found for at, sign in enumerate(name) if sign == "/"}
    for name in folders & found.keys():
        raise Refused(f"{shown(name)} in the zip is a file and a folder at once; {ASK}")
    return list(found.values())


def entry_of(info: zipfile.ZipInfo) -> Entry | None:
    """One file that may be read; None for a folder, and for what is hidden or made by a machine.

    Raises:
        Refused: no hand-in has any need of it.
    """
    parts = checked(own_name(info))
    if not parts or info.is_dir() or passed_over(parts):
        return None
    name = "/".join(parts)
    kind = stat.S_IFMT(info.external_attr >> 16)
    if info.create_system == 3 and kind not in (0, stat.S_IFREG):
        raise Refused(f"{shown(name)} in the zip is a link or a device; {ASK}")
    if info.flag_bits & ENCRYPTED:
        raise Refused(f"the zip has a password; {ASK}")
    if info.compress_type not in METHODS:
        raise Refused("the zip is packed in a way that only its own program understands;"
                      f" {ASK}")  # fmt: skip
    return Entry(name, info)


def own_name(info: zipfile.ZipInfo) -> str:
    """An entry's name; many programs write UTF-8 and do not say so."""
    name = info.filename.replace("\\", "/")
    if not info.flag_bits & UTF_8:
        try:
            return name.encode("cp437").decode("utf-8")
        except UnicodeError:
            return name
    return name


def checked(name: str) -> list[str]:
    """The parts of a name.

    Raises:
        Refused: it leads out of the zip, or no folder could hold it.
    """
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in parts:
        raise Refused(f"{shown(name)} in the zip leads out of it; {ASK}")
    if len(parts) > MOST_DEPTH or any(len(p.encode("utf-8", "replace")) > LONGEST_NAME
                                      for p in parts):  # fmt: skip
        raise Refused(f"{shown(name)} in the zip is too long a name; {ASK}")
    return parts


def contents(archive: zipfile.ZipFile, found: list[Entry], size: int) -> dict[str, bytes]:
    """What the files hold, counted while it is unpacked.

    Raises:
        Refused: it is more than a hand-in can be.
    """
    most = min(MOST_BYTES, max(ALWAYS_FINE, size * MOST_RATIO))
    files: dict[str, bytes] = {}
    total = 0
    for entry in found:
        pieces = []
        with archive.open(entry.info) as file:
            while piece := file.read(PIECE):
                total += len(piece)
                if total > most:
                    raise Refused(
                        f"the zip unpacks to more than {most // 10**6} MB; ask for the notebook"
                        " without its data"
                    )
                pieces.append(piece)
        files[entry.name] = b"".join(pieces)
    return files


def shown(name: str) -> str:
    """A name of a zip as one harmless word of a message."""
    return repr(name if len(name) <= 80 else f"{name[:79]}…")
