"""One folder that was named, searched for hand-ins and for the files that belong to them.

In a folder, a notebook and a zip are hand-ins. So is a script that holds the exercises; one that
does not is a hand-in where it stands alone or among those of a whole class, and a file that
belongs to the hand-in where it lies beside exactly one. Files belong to a hand-in if its folder,
with all below it, holds no other. Whatever is not graded is told.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from grader.archives import unpack
from grader.assignment import Assignment
from grader.brought import fitting_together, read_regular
from grader.folders import Seen
from grader.kinds import Kind, kind_of, may_be_hand_in, may_come_along
from grader.layouts.export import NO_EXPORT, Export, Owner
from grader.names import listed, readable
from grader.notebook import MAX_BYTES, Unreadable
from grader.packed import MOST_LOOKED_AT, holds_exercises
from grader.scripts import MOST_BYTES, parse_script
from grader.submission import Arrival, read_content

NEVER_ALONE = ("__init__.py", "__main__.py", "setup.py", "conftest.py")
DOCUMENTS = re.compile(
    r"(?i)\.(docx?|odt|rtf|pdf|html?|txt|pages|pptx?|rar|7z|tar|t?gz|bz2|xz|md|r|js|cpp|java|m)$"
)
"""What students hand in where a notebook was asked for."""
WHY_LEFT_OUT = "being links, compiled, or more than 500 files or 50 MB"


ByFolder = dict[PurePosixPath, list[PurePosixPath]]


class Found(NamedTuple):
    """A hand-in, how it came, and whose it is, where an export tells."""

    path: Path
    arrival: Arrival
    owner: Owner | None = None


class Searched:
    """One folder that was named.

    Args:
        path: where it is.
        seen: what lies in it.
        assignment: what was asked for.
        kept_out: folders whose files never come along.
        export: whose files they are.
    """

    def __init__(
        self,
        path: Path,
        seen: Seen,
        assignment: Assignment,
        kept_out: Iterable[Path],
        export: Export = NO_EXPORT,
    ) -> None:
        self._path = path
        self._seen = seen
        self._assignment = assignment
        self._export = export
        self._private = [p.resolve() for p in kept_out]
        self._scripts: dict[PurePosixPath, bytes] = {}
        self._kinds = {f: self._kind(f) for f in self._seen.files}
        self._handed = self._meant(self._choose())
        inside = Counter(folder for h in self._handed for folder in h.parents)
        self._owners = {h.parent: h for h in self._handed if inside[h.parent] == 1}
        self._arrivals = {h: self._arrival(h) for h in self._handed}
        self._share_out()

    def _kind(self, file: PurePosixPath) -> Kind:
        ending = file.suffix.lower()
        if ending in (".ipynb", ".zip"):
            return "notebook" if ending == ".ipynb" else "zip"
        if not may_be_hand_in(file.name):
            return "file"
        data = self._read(file, MOST_BYTES if ending == ".py" else MAX_BYTES)
        kind = kind_of(file.name, data)
        if kind == "script":
            self._scripts[file] = data
        return kind

    def _read(self, file: PurePosixPath, most: int = MAX_BYTES) -> bytes:
        """A file's bytes; none where it cannot be read, which is told when it is graded."""
        try:
            return read_regular(self._path / file, most)
        except OSError:
            return b""

    def _choose(self) -> list[PurePosixPath]:
        """The hand-ins, sorted."""
        links = [f for f in self._seen.odd if f.suffix.lower() in (".ipynb", ".zip")]
        sure = {s for s, data in self._scripts.items() if self._holds_exercises(s, data)}
        handed = [*links, *sure, *(f for f, kind in self._kinds.items() if kind == "notebook")]
        zips = [f for f, kind in self._kinds.items() if kind == "zip"]
        near = by_folder(handed)
        handed += [z for z in zips if len(beside(z, near)) != 1 or self._may_hold_one(z)]
        unsure = [s for s in self._scripts if s not in sure and s.name not in NEVER_ALONE]
        unsure += [f for f in self._seen.odd if f.suffix.lower() == ".py"]
        near, scripts = by_folder(handed), by_folder(self._scripts)
        return sorted([*handed, *(s for s in unsure if self._stands_alone(s, near, scripts))])

    def _meant(self, handed: list[PurePosixPath]) -> list[PurePosixPath]:
        """Of several files in one student's folder the one that holds the exercises."""
        by_owner: dict[PurePosixPath, list[PurePosixPath]] = {}
        for file in handed:
            if (folder := self._export.folder_of(file)) is not None:
                by_owner.setdefault(folder, []).append(file)
        others: set[PurePosixPath] = set()
        for several in by_owner.values():
            if 1 < len(several) <= MOST_LOOKED_AT:
                sure = [file for file in several if self._is_meant(file)]
                others |= set(several) - set(sure) if len(sure) == 1 else set()
        return [file for file in handed if file not in others]

    def _is_meant(self, file: PurePosixPath) -> bool:
        data = self._read(file)
        return holds_exercises(read_content(file.name, data, self._assignment).notebook,
                               self._assignment)  # fmt: skip

    def _arrival(self, file: PurePosixPath) -> Arrival:
        """How a hand-in came; files that come along are added later."""
        came_as = self._export.tree.get(file, file)
        whose = self._export.whose(file)
        known = whose is not None and self._export.of_several
        return Arrival(readable(str(came_as)), owner=whose.key if whose and known else "")

    def _holds_exercises(self, script: PurePosixPath, data: bytes) -> bool:
        return holds_exercises(parse_script(data, script.name), self._assignment)

    def _may_hold_one(self, file: PurePosixPath) -> bool:
        """Whether a zip holds anything that could be a hand-in; a broken one may have."""
        inner = unpack(self._read(file))
        return isinstance(inner, Unreadable) or any(
            kind_of(name, data) != "file" for name, data in inner.items()
        )

    def _stands_alone(self, script: PurePosixPath, handed: ByFolder, scripts: ByFolder) -> bool:
        """Whether a script without the exercises is a hand-in all the same."""
        near = beside(script, handed)
        around = (s for folder in script.parents for s in scripts.get(folder, ()) if s != script)
        return len(near) != 1 and not self._imported(script, near or around)

    def _imported(self, script: PurePosixPath, by: Iterable[PurePosixPath]) -> bool:
        """Whether any of some files has an import of a script in it."""
        name = re.escape(script.stem.encode("utf-8", "surrogateescape"))
        pattern = re.compile(rb"\b(?:import|from)\b[^\n#]{0,200}\b" + name + rb"\b")
        return any(pattern.search(self._scripts.get(f) or self._read(f)) for f in by)

    def _share_out(self) -> None:
        """Give every file to the hand-in whose folder it lies in."""
        own: dict[PurePosixPath, dict[str, int]] = {}
        left: dict[PurePosixPath, list[str]] = {}
        for file, size in [*self._seen.files.items(), *((f, -1) for f in self._seen.odd)]:
            owner = self._owner(file)
            if owner is None or owner == file or self._kinds.get(owner) == "zip":
                continue
            name = str(file.relative_to(owner.parent))
            if size < 0 or not may_come_along(file.name):
                left.setdefault(owner, []).append(name)
            elif not self._is_private(file):
                own.setdefault(owner, {})[name] = size
        for owner, sizes in own.items():
            kept = fitting_together(sizes, self._assignment.limits)
            left.setdefault(owner, []).extend(sizes.keys() - set(kept))
            self._arrivals[owner] = self._arrivals[owner]._replace(beside=tuple(kept))
        for owner, names in left.items():
            kept_out = tuple(sorted(names))
            self._arrivals[owner] = self._arrivals[owner]._replace(left_out=kept_out)

    def _owner(self, file: PurePosixPath) -> PurePosixPath | None:
        """The only hand-in in a folder that a file lies in."""
        return next((self._owners[f] for f in file.parents if f in self._owners), None)

    def _is_private(self, file: PurePosixPath) -> bool:
        place = (self._path / file).resolve()
        return any(folder in place.parents for folder in self._private)

    def hand_ins(self) -> list[Found]:
        """Each hand-in, with the files that come along."""
        return [
            Found(self._path / file, self._arrivals[file], self._export.whose(file))
            for file in self._handed
        ]

    def news(self) -> list[str]:
        """What is not graded, and why."""
        rest = [f for f in self._seen.files if f not in self._arrivals and not self._is_private(f)]
        code = {f for f in rest if self._kinds[f] != "file" and f.name not in NEVER_ALONE}
        unused = self._unused(sorted(code))
        used = set(self._named(code.difference(unused)))  # a file may lie there under two names
        empty = self._empty()
        others = [f for f in rest if f not in code and self._is_nobodys(f)]
        others = [f for f in others if not empty.intersection(f.parents)]
        others.sort(key=lambda f: not DOCUMENTS.search(f.name))
        odd = [f for f in self._seen.odd if f not in self._arrivals]
        too_much = [h for h, a in self._arrivals.items() if set(a.left_out) - set(map(str, odd))]
        return [
            *listed("not graded, no notebook, script or zip", self._named(others)),
            *listed(
                "not graded, without the exercises and beside a hand-in",
                [f for f in self._named(unused) if f not in used],
            ),
            *listed("not graded, a link or a device", odd),
            *listed("no hand-in in", self._with_first(empty)),
            *listed("cannot be looked into", self._seen.closed),
            *listed(
                f"some files beside it do not come along, {WHY_LEFT_OUT}", self._named(too_much)
            ),
        ]

    def _named(self, files: Iterable[PurePosixPath]) -> list[PurePosixPath]:
        """Files as they are called in what was named."""
        return list(dict.fromkeys(self._export.tree.get(file, file) for file in files))

    def _unused(self, scripts: Iterable[PurePosixPath]) -> list[PurePosixPath]:
        """Those that neither the hand-ins beside them nor other scripts beside those import."""
        near = by_folder(self._handed)
        found = {script: beside(script, near) for script in [*scripts, *self._scripts]}
        homes: ByFolder = {}
        for script in self._scripts:
            homes.setdefault(home(found[script]), []).append(script)
        return [
            script for script in scripts
            if not self._imported(script, [
                *found[script], *(s for s in homes.get(home(found[script]), ()) if s != script),
            ])
        ]  # fmt: skip

    def _is_nobodys(self, file: PurePosixPath) -> bool:
        """Whether a file that is not graded belongs to no hand-in, or may be one itself."""
        owner = self._owner(file)
        far = owner is not None and not owner.parent.parts and len(file.parts) > 1
        return owner is None or (far and DOCUMENTS.search(file.name) is not None)

    def _with_first(self, folders: Iterable[PurePosixPath]) -> list[str]:
        """Folders and the first file in each, a document rather than anything else."""
        held: ByFolder = {folder: [] for folder in sorted(folders)}
        for file in self._seen.files:
            for folder in file.parents:
                if folder in held:
                    held[folder].append(file)
        return [f"{folder} ({summed_up(folder, inside)})" for folder, inside in held.items()]

    def _empty(self) -> set[PurePosixPath]:
        """Folders that look like a student's and hold no hand-in; outer ones only."""
        holding = {folder for h in self._handed for folder in h.parents}
        without = {
            f for f in self._seen.folders
            if f not in holding and not self._owner(f / "-") and not self._is_private(f / "-")
        }  # fmt: skip
        return {f for f in without if f.parent not in without}


def by_folder(files: Iterable[PurePosixPath]) -> ByFolder:
    """Files by the folder they lie in."""
    found: ByFolder = {}
    for file in files:
        found.setdefault(file.parent, []).append(file)
    return found


def beside(file: PurePosixPath, handed: ByFolder) -> list[PurePosixPath]:
    """The hand-ins in a file's folder, or in the nearest folder above that has any."""
    for folder in file.parents:
        here = [h for h in handed.get(folder, ()) if h != file]
        if here:
            return here
    return []


def home(handed: Sequence[PurePosixPath]) -> PurePosixPath:
    """The folder that hand-ins lie in together; the outermost one where there are none."""
    return handed[0].parent if handed else PurePosixPath()


def summed_up(folder: PurePosixPath, inside: Sequence[PurePosixPath]) -> str:
    """What a folder without a hand-in holds."""
    if not inside:
        return "empty"
    first = min(inside, key=lambda f: not DOCUMENTS.search(f.name))
    more = f" and {len(inside) - 1} more" if len(inside) > 1 else ""
    return f"holds {first.relative_to(folder)}{more}"
