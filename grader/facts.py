"""Everything evidence is made of.

An `Observation` was seen from outside the student's process; a `Claim` was told from inside it,
and code in that process could have forged it. Both are one closed union, `AnyFact`: a line of
evidence that is none of these is refused.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from grader.answers import Answered, Challenged
from grader.error_facts import ErrorRaised
from grader.fact import Claim, Fact, LongText, Name, Observation, Scalar, Size, Text
from grader.file_facts import FileWritten, Reloaded
from grader.model_facts import (
    Loaded,
    ModelCalled,
    ModelSeen,
    PlotDrawn,
    Saved,
    StateLoaded,
    TrainingSeen,
)


class CellRead(Observation):
    """A code cell of the hand-in, before it ran.

    Attributes:
        written: whether it holds more than the template's given lines, imports and comments.
        prepares: whether it only sets seeds, chooses devices or names constants.
    """

    kind: Literal["cell_read"] = "cell_read"
    source: LongText
    written: bool
    prepares: bool = False


CellEnding = Literal[
    "finished", "raised", "out_of_time", "out_of_memory", "kernel_died",
    "output_flood", "asked_for_input", "unreached",
]  # fmt: skip


class CellEnded(Observation):
    """How a code cell came to its end.

    Attributes:
        ename: class of the exception, where one was raised.
        evalue: its message, memory addresses removed.
    """

    kind: Literal["cell_ended"] = "cell_ended"
    ending: CellEnding
    ename: Name | None = None
    evalue: Text | None = None


class OutputSeen(Observation):
    """What a cell printed or displayed in our run; never what the hand-in had stored.

    Attributes:
        channel: stdout, stderr, result (last expression) or display.
        mimes: the formats it came in, such as image/png.
        text: its plain text, cut at the assignment's limit.
    """

    kind: Literal["output"] = "output"
    channel: Literal["stdout", "stderr", "result", "display"]
    mimes: list[Name] = Field(default=[])
    text: LongText = ""


class Doubted(Observation):
    """A reason not to take what was told from inside at its word.

    A doubt without an exercise is about the whole hand-in. It gives and takes no points: what its
    exercises would have earned is withheld until a person has looked.

    Attributes:
        reason: one sentence to that person.
    """

    kind: Literal["doubt"] = "doubt"
    reason: Text


class Corroborated(Observation):
    """Claims that something outside the student's process bears out.

    Attributes:
        how: recomputed in a clean process, seen in the output, written in the code, or held by
            the file that came out of the run.
        claims: their `seq`.
    """

    kind: Literal["corroborated"] = "corroborated"
    how: Literal["replayed", "displayed", "written", "held"]
    claims: list[int] = Field(max_length=20_000)


class TensorSeen(Claim):
    """A tensor, array or number as it stood at one moment of a cell.

    Attributes:
        handle: names this content for other facts; an in-place change gives a new one.
        ways: bound to a name, shown, input or output of an operation; kept, if it still exists
            when the cell ends.
        names: the names bound to it, if any; they play no part unless a rubric asks.
        of: torch, numpy, or number for a Python number (shape []).
        device: where the student believes it to be, such as cuda:0.
        values: the numbers in row-major order; None for large or non-numeric ones.
        digest: SHA-256 of the bytes where values are left out; None for very large tensors.
        stats: minimum, maximum, mean and standard deviation where values are left out; of a
            sample for very large tensors.
    """

    kind: Literal["tensor"] = "tensor"
    handle: Name
    ways: list[Literal["bound", "shown", "input", "output", "kept"]] = Field(default=[])
    names: list[Name] = Field(default=[])
    of: Literal["torch", "numpy", "number"]
    shape: list[Size] = Field(max_length=64)
    dtype: Name
    device: Name
    requires_grad: bool = False
    values: list[float] | None = Field(default=None, max_length=1024)
    digest: Name | None = None
    stats: list[float] | None = Field(default=None, max_length=16)


class SeedUsed(BaseModel):
    """The seed a random call drew under: which generator, and what it was seeded with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    generator: Literal["cpu", "gpu", "own"]
    value: int


class OpSeen(Claim):
    """A torch call.

    Attributes:
        op: plain name: `x @ y` is matmul, the property `x.T` is T.
        inputs: positional arguments; tensors as handles, the rest as plain values.
        named: keyword arguments in the same form.
        outputs: handles or plain values; empty where the call raised.
        seed: for a random call, what it drew under.
        error: the exception, where the call raised one.
    """

    kind: Literal["operation"] = "operation"
    op: Name
    inputs: list[Scalar | list[Scalar | list[Scalar]]] = Field(default=[])
    named: dict[Name, Scalar | list[Scalar | list[Scalar]]] = Field(default={})
    outputs: list[Scalar | list[Scalar | list[Scalar]]] = Field(default=[])
    seed: SeedUsed | None = None
    error: Text | None = None


class SeedSet(Claim):
    """A seeding call.

    Attributes:
        call: the function's full name.
        generators: what it seeds: cpu, gpu, numpy, python.
        value: the seed, where it is a whole number.
    """

    kind: Literal["seed"] = "seed"
    call: Name
    generators: list[Literal["cpu", "gpu", "numpy", "python"]]
    value: int | None = None


class DeviceRequested(Claim):
    """Code asked for something to be on a device."""

    kind: Literal["device"] = "device"
    device: Name


class DeviceAsked(Claim):
    """Code asked whether an accelerator is there."""

    kind: Literal["device_asked"] = "device_asked"
    accelerator: Name


class ProbeFailed(Claim):
    """Something could not be seen; silence about it proves nothing."""

    kind: Literal["probe_failed"] = "probe_failed"
    probe: Name
    problem: Text


AnyClaim = Annotated[
    TensorSeen
    | OpSeen
    | ModelSeen
    | ModelCalled
    | TrainingSeen
    | Saved
    | Loaded
    | StateLoaded
    | PlotDrawn
    | SeedSet
    | DeviceRequested
    | DeviceAsked
    | ErrorRaised
    | ProbeFailed,
    Field(discriminator="kind"),
]
AnyFact = Annotated[
    CellRead
    | CellEnded
    | OutputSeen
    | Doubted
    | Corroborated
    | FileWritten
    | Reloaded
    | Challenged
    | Answered
    | TensorSeen
    | OpSeen
    | ModelSeen
    | ModelCalled
    | TrainingSeen
    | Saved
    | Loaded
    | StateLoaded
    | PlotDrawn
    | SeedSet
    | DeviceRequested
    | DeviceAsked
    | ErrorRaised
    | ProbeFailed,
    Field(discriminator="kind"),
]

__all__ = [
    "Answered", "AnyClaim", "AnyFact", "CellEnded", "CellEnding", "CellRead", "Challenged", "Claim",
    "Corroborated", "DeviceAsked", "DeviceRequested", "Doubted", "ErrorRaised", "Fact",
    "FileWritten", "Loaded", "ModelCalled", "ModelSeen", "Name", "Observation", "OpSeen",
    "OutputSeen", "PlotDrawn", "ProbeFailed", "Reloaded", "Saved", "Scalar", "SeedSet", "SeedUsed",
    "StateLoaded", "TensorSeen", "TrainingSeen",
]  # fmt: skip
