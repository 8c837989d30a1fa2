"""What is told of challenges: that one was given, and each answer to it.

The host picked the inputs and an answer is numbers for them, computed by the student's own code
in a process that is thrown away afterwards. So it is seen from outside.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from grader.fact import Name, Observation, Size, Text
from grader.recipes import AnyRecipe

MOST_ANSWERED = 20_000
"""Numbers of one answer that are kept."""


class Challenged(Observation):
    """A challenge was given to an exercise.

    Attributes:
        challenge: its id.
        ask: of models, or of functions.
        inputs: how the inputs are made.
        left_out: how many more models or functions there were than are asked.
        problem: why it could not be given, or not to the end; none of the student's making.
    """

    kind: Literal["challenged"] = "challenged"
    challenge: Name
    ask: Literal["model", "function"]
    inputs: AnyRecipe
    left_out: Size = 0
    problem: Text = ""


class Answered(Observation):
    """What a model or function gave for the inputs of a challenge.

    Attributes:
        challenge: its id.
        by: what answered: a model, or a function, class or object of the student's.
        model: the model's handle.
        name: the name bound to it.
        type: its class, or "function".
        own: whether it is the student's, and not a library's.
        ended: answered; raised an error; out_of_time after too much CPU time; died with its
            process; silent where it waited too long, which may be this machine's doing.
        error: what it raised.
        shape, dtype: of the numbers; what is none has its class for a dtype, and no shape.
        values: in row-major order; None where there are too many, or none.
        each: whether it was called once for each input, because it does not take them all.
        again: 0 in the run itself; n in the n-th further run, from other seeds.
    """

    kind: Literal["answered"] = "answered"
    challenge: Name
    by: Literal["model", "function", "class", "object"]
    model: Name | None = None
    name: Name = ""
    type: Name
    own: bool = True
    ended: Literal["answered", "raised", "out_of_time", "died", "silent"]
    error: Text = ""
    shape: list[Size] = Field(default=[], max_length=16)
    dtype: Name = ""
    values: list[float] | None = Field(default=None, max_length=MOST_ANSWERED)
    each: bool = False
    again: Size = 0
