"""What is told of saved files: which came out of the run, and whether they make the model again."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import Field

from grader.fact import Name, Observation, Size, Text

Form = Literal["state_dict", "checkpoint", "model", "script", "other"]
"""What a file holds: a state, one among other things, a whole model, a TorchScript program."""

Outcome = Literal[
    "reloads", "keys_differ", "shapes_differ", "cannot_be_rebuilt", "saved_before_training",
    "another_model", "earlier_file", "unsafe_file", "too_large", "not_readable",
]  # fmt: skip
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


class FileWritten(Observation):
    """A file that the run saved, as its bytes were when they came out of it.

    Attributes:
        path: as the student gave it.
        size: in bytes; None where there was no file to measure.
        sha256: of its bytes; None where they did not come out.
        why: what kept them from it.
    """

    kind: Literal["file"] = "file"
    path: Text
    size: Size | None = None
    sha256: Name | None = None
    why: Text = ""


class Reloaded(Observation):
    """What became of a saved file in a fresh process that never saw the notebook's state.

    Attributes:
        path: as the student gave it.
        outcome: one of a closed set; only `reloads` says that the trained model is there again.
        why: one sentence on it.
        holds: what the file was found to hold; None where nobody looked.
        state: digest of its state, worked out before any code of the hand-in ran there.
        same_state: whether a model of the run had that state when the cell ended.
        made: how the model was made again: its class and a state, whole, as a TorchScript program,
            or as a copy of the live one that was initialised anew; None where it was not.
        predicts: whether it predicts what the live model does, on inputs that the host chose.
        differs: names of entries that differ, or of what the file would run.
        saved: `seq` of the claim that it was saved.
    """

    kind: Literal["reloaded"] = "reloaded"
    path: Text
    outcome: Outcome
    why: Text = ""
    holds: Form | None = None
    state: Name | None = None
    same_state: bool | None = None
    made: Literal["class", "whole", "script", "copy"] | None = None
    predicts: Literal["alike", "otherwise", "not_compared"] = "not_compared"
    differs: list[Name] = Field(default=[], max_length=20)
    saved: Size | None = None
