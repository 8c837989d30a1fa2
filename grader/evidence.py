"""What is known of one run: a header and facts, as JSON lines.

`evidence.jsonl` holds a header line (`"schema": "grader/evidence/v1"`) and then one fact a line.
It is all that judging needs: a changed rubric re-marks a hand-in from this file alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from grader.errors import HostError
from grader.facts import (
    AnyFact,
    CellEnded,
    CellRead,
    Fact,
    OpSeen,
    OutputSeen,
    TensorSeen,
)

SCHEMA: Literal["grader/evidence/v1"] = "grader/evidence/v1"

Ending = Literal[
    "finished", "out_of_time", "out_of_memory", "kernel_died", "output_flood", "unreadable",
    "unrecognised", "host_failed",
]  # fmt: skip

FactType = TypeVar("FactType", bound=Fact)
Made = TypeVar("Made")

_facts: TypeAdapter[Fact] = TypeAdapter(AnyFact)


class CameAlong(BaseModel):
    """A file that was brought into the run: its path from the working folder, and its size."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    bytes: int


class Header(BaseModel):
    """Where the facts come from.

    Attributes:
        submission: SHA-256 of the hand-in's bytes, and of the files that came along.
        file: which file it is, from the path that was named on the command line.
        files: what was brought into the run with it.
        left_out: files beside it that could not be brought.
        ending: how the run ended; host_failed is our fault, every other the hand-in's. What is
            unrecognised was read, and too few exercises were found in it.
        why: one sentence, where the run did not finish.
        sandbox: what fenced the kernel in.
        devices: how device requests were served.
        initial_seed: where the random generators started.
        uncertain: what reading the hand-in had to guess, for a person to look at.
        by_number: ids of exercises that nothing but the number in their heading tells.
        unheaded: ids of exercises for which no heading was found.
        facts: how many follow, in the file only: one cut short is told from a whole one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_: Literal["grader/evidence/v1"] = Field(SCHEMA, alias="schema")
    assignment: str
    student: str
    submission: str
    file: str = ""
    files: list[CameAlong] = []
    left_out: list[str] = []
    ending: Ending
    why: str = ""
    sandbox: str = ""
    devices: str = ""
    initial_seed: int = 0
    torch: str = ""
    grader: str = ""
    uncertain: list[str] = []
    by_number: list[str] = []
    unheaded: list[str] = []
    facts: int | None = None


class Evidence(BaseModel):
    """A run's header and facts, with the questions that checks ask of them."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    header: Header
    facts: tuple[Fact, ...] = ()

    def of(self, exercise: str, kind: type[FactType]) -> list[FactType]:
        """Facts of one kind in an exercise's cells, in order."""
        return list(self._sorted.get((exercise, kind), ()))  # type: ignore[arg-type]

    def everywhere(self, kind: type[FactType]) -> list[FactType]:
        """Facts of one kind in the whole hand-in, in order."""
        return list(self._of_kind.get(kind, ()))  # type: ignore[arg-type]

    def once(self, make: Callable[[Evidence], Made]) -> Made:
        """What a function makes of this evidence; it is asked once, however many checks ask."""
        if make not in self._made:
            self._made[make] = make(self)
        return self._made[make]  # type: ignore[no-any-return]

    @cached_property
    def _sorted(self) -> dict[tuple[str | None, type], list[Fact]]:
        """Facts by exercise and kind, and by the more general kinds that they are."""
        found: dict[tuple[str | None, type], list[Fact]] = {}
        for fact in self.facts:
            for kind in type(fact).__mro__:
                found.setdefault((fact.exercise, kind), []).append(fact)
        return found

    @cached_property
    def _of_kind(self) -> dict[type, list[Fact]]:
        """Facts by kind, and by the more general kinds that they are."""
        found: dict[type, list[Fact]] = {}
        for fact in self.facts:
            for kind in type(fact).__mro__:
                found.setdefault(kind, []).append(fact)
        return found

    @cached_property
    def _made(self) -> dict[Any, Any]:
        return {}

    def model_copy(
        self, *, update: Mapping[str, Any] | None = None, deep: bool = False
    ) -> Evidence:
        """A copy, which remembers nothing of what was made of the original."""
        copied = super().model_copy(update=update, deep=deep)
        for name in ("_sorted", "_of_kind", "_made", "_handles"):
            copied.__dict__.pop(name, None)
        return copied

    def attempted(self, exercise: str) -> bool:
        """Whether any of its cells holds more than the template gave."""
        return any(cell.written for cell in self.of(exercise, CellRead))

    def tensor(self, op: OpSeen, reference: object) -> TensorSeen | None:
        """The tensor that an operation names by a handle, as it stood in the same cell."""
        if not isinstance(reference, str):
            return None
        return self._handles.get((op.cell, reference))

    @cached_property
    def _handles(self) -> dict[tuple[int, str], TensorSeen]:
        return {(t.cell, t.handle): t for t in self.everywhere(TensorSeen)}

    def text(self, exercise: str) -> str:
        """All that an exercise's cells printed or displayed, stderr apart."""
        shown = (o for o in self.of(exercise, OutputSeen) if o.channel != "stderr")
        return "\n".join(o.text for o in shown)

    def endings(self, exercise: str) -> list[CellEnded]:
        """How each code cell of an exercise ended."""
        return self.of(exercise, CellEnded)

    def lines(self) -> Iterable[str]:
        """The lines of `evidence.jsonl`."""
        header = self.header.model_copy(update={"facts": len(self.facts)})
        yield header.model_dump_json(by_alias=True)
        for fact in self.facts:
            yield fact.model_dump_json(exclude_defaults=False)


def number(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """The facts with `seq` as their position."""
    return tuple(f if f.seq == i else f.model_copy(update={"seq": i}) for i, f in enumerate(facts))


def read_evidence(path: Path, *, only: Sequence[type[Fact]] = ()) -> Evidence:
    """Evidence from its file.

    Args:
        path: of the file.
        only: kinds of facts to read, which is quicker; all if left out.

    Raises:
        HostError: the file is missing, cut short or not evidence of this version.
    """
    try:
        return parse_evidence(path.read_text(encoding="utf-8"), only=only)
    except (OSError, ValueError) as problem:
        why = " ".join(str(problem).split())[:200]
        raise HostError(f"{path}: not readable as {SCHEMA}: {why}") from problem


def parse_evidence(text: str, *, only: Sequence[type[Fact]] = ()) -> Evidence:
    """Evidence from the text of its file; `only` is that of `read_evidence`.

    Raises:
        ValueError: it is cut short, or no evidence of this version.
    """
    first, *rest = text.removesuffix("\n").split("\n")
    header = Header.model_validate_json(first)
    if header.facts != len(rest):
        raise ValueError(f"it holds {len(rest)} of {header.facts} facts")
    if only:
        marks = [f'"kind":"{kind.model_fields["kind"].default}"' for kind in only]
        rest = [line for line in rest if any(mark in line for mark in marks)]
    facts = [_facts.validate_json(line) for line in rest]
    if only:
        facts = [fact for fact in facts if isinstance(fact, tuple(only))]
    return Evidence(header=header.model_copy(update={"facts": None}), facts=tuple(facts))
