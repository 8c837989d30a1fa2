"""What the first job leaves for the second: evidence in a flat folder, and a manifest.

The second job reads it as if an attacker had written it. It knows from git, and from its own
event, which hand-ins there are and what they hold; from here it takes what was seen of them, and
that only where the code in it is the code that was handed in. The manifest names the bytes of each
file, and the first job tells the manifest's digest on another way than the folder comes by.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from grader.brought import read_regular
from grader.errors import HostError
from grader.evidence import Evidence, parse_evidence

SCHEMA: Literal["grader/ci-evidence/v1"] = "grader/ci-evidence/v1"
MANIFEST = "manifest.json"
MOST_MANIFEST = 2_000_000
MOST_BYTES = 300_000_000
"""Of one file of a bundle."""

FileName = Annotated[str, Field(pattern=r"^[0-9]{1,4}\.(run-[0-9]{1,12}\.jsonl|executed\.ipynb)$")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Words = Annotated[str, Field(max_length=1000)]


class Named(BaseModel):
    """A file of the bundle, and the SHA-256 of its bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    file: FileName
    sha256: Digest


class RunLeft(Named):
    """The evidence of one run, and the salt it started from."""

    salt: int = Field(ge=0, le=2**40)


class Left(BaseModel):
    """What is there of one hand-in: its runs, the first one first, and its executed notebook."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    assignment: Words
    student: Words
    runs: list[RunLeft] = Field(min_length=1, max_length=8)
    executed: Named | None = None


class Manifest(BaseModel):
    """What a bundle holds, and of which commit of which repository."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    schema_: Literal["grader/ci-evidence/v1"] = Field(alias="schema")
    repository: Words
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40,64}$")]
    hand_ins: list[Left] = Field(max_length=1000)


class Runs(NamedTuple):
    """What a hand-in's runs left, by the salt each started from, and its executed notebook."""

    evidence: Mapping[int, Evidence]
    executed: str | None


def write_bundle(
    folder: Path, repository: str, commit: str, found: Mapping[tuple[str, str], Runs]
) -> str:
    """Write a bundle; its manifest's digest.

    Args:
        folder: where to; made if it is missing.
        repository: whose hand-ins these are.
        commit: that was handed in.
        found: by assignment and student.

    Raises:
        HostError: the folder cannot be written, or holds something.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise HostError(f"{folder}: is not empty; name another folder with --out")
        left = [
            leave(folder, number, whose, runs) for number, (whose, runs) in enumerate(found.items())
        ]
        told = Manifest(schema=SCHEMA, repository=repository, commit=commit, hand_ins=left)
        data = json.dumps(told.model_dump(mode="json", by_alias=True), indent=1).encode()
        (folder / MANIFEST).write_bytes(data)
    except OSError as problem:
        raise HostError(f"{folder}: cannot be written: {problem.strerror}") from problem
    return hashlib.sha256(data).hexdigest()


def leave(folder: Path, number: int, whose: tuple[str, str], runs: Runs) -> Left:
    """Write the files of one hand-in."""

    def put(name: str, text: str) -> tuple[str, str]:
        data = text.encode("utf-8", "replace")
        (folder / name).write_bytes(data)
        return name, hashlib.sha256(data).hexdigest()

    left = []
    for salt, evidence in runs.evidence.items():
        name, digest = put(f"{number}.run-{salt}.jsonl", "\n".join(evidence.lines()) + "\n")
        left.append(RunLeft(file=name, sha256=digest, salt=salt))
    executed = None
    if runs.executed is not None:
        name, digest = put(f"{number}.executed.ipynb", runs.executed)
        executed = Named(file=name, sha256=digest)
    return Left(assignment=whose[0], student=whose[1], runs=left, executed=executed)


class Bundle:
    """A bundle that somebody left.

    Args:
        folder: where it lies.
        digest: of its manifest, as the first job told it.
        repository: of the event at hand.
        commit: of the event at hand.

    Raises:
        HostError: it is not what the first job left, or is of something else.
    """

    def __init__(self, folder: Path, digest: str, repository: str, commit: str) -> None:
        self._folder = folder
        path = folder / MANIFEST
        try:
            data = read_regular(path, MOST_MANIFEST)
            if hashlib.sha256(data).hexdigest() != digest:
                raise ValueError("it is not the one that the first job left")
            told = Manifest.model_validate_json(data)
        except (OSError, ValueError) as problem:
            why = " ".join(str(problem).split())[:200]
            raise HostError(f"{path}: no evidence to judge: {why}") from problem
        if (told.repository, told.commit) != (repository, commit):
            raise HostError(
                f"{path}: evidence of another commit or repository: {told.commit[:12]} of"
                f" {told.repository[:100]!r}, not {commit[:12]} of {repository!r}"
            )
        self._left = {(left.assignment, left.student): left for left in told.hand_ins}

    def runs(self, assignment: str, student: str) -> Runs:
        """What there is of a hand-in.

        Raises:
            HostError: nothing, or it is not as the manifest says, or no evidence.
        """
        left = self._left.get((assignment, student))
        if left is None:
            raise HostError("the first job left no evidence of it")
        evidence = {run.salt: self._evidence(run) for run in left.runs}
        return Runs(evidence, None if left.executed is None else self._text(left.executed))

    def _evidence(self, named: Named) -> Evidence:
        try:
            return parse_evidence(self._text(named))
        except ValueError as problem:
            why = " ".join(str(problem).split())[:200]
            raise HostError(f"its evidence cannot be read: {why}") from problem

    def _text(self, named: Named) -> str:
        try:
            data = read_regular(self._folder / named.file, MOST_BYTES)
            if hashlib.sha256(data).hexdigest() != named.sha256:
                raise HostError("its evidence is not what the first job left")
            return data.decode("utf-8")
        except (OSError, ValueError) as problem:
            raise HostError(f"its evidence cannot be read: {problem}"[:300]) from problem
