"""What is told of the line that raised: the operands it had, and the layer that refused them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from grader.fact import Claim, Name, Size

Shape = Annotated[list[Size], Field(max_length=16)]


class Operand(BaseModel):
    """A name that the line uses, and what it stood for.

    Attributes:
        name: as the line writes it, such as `X` or `self.layer`; empty for a layer's input.
        type: tensor, array, the class of a model, or a Python type.
        shape, dtype, device: of a tensor; the first two of an array, the last of a model.
        gradient: whether a tensor asks for gradients.
        module: whether it is a model or a layer.
        size: of a list, text and the like.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name = ""
    type: Name
    shape: Shape | None = None
    dtype: Name | None = None
    device: Name | None = None
    gradient: bool = False
    module: bool = False
    size: Size | None = None


class LayerMet(BaseModel):
    """A layer of torch's own that raised.

    Attributes:
        type: its class, such as Linear.
        shapes: of its own parameters, by name.
        input: what it was given.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Name
    shapes: list[tuple[Name, Shape]] = Field(max_length=8)
    input: Operand


class ErrorRaised(Claim):
    """What the innermost line of the student's that raised was working on.

    Attributes:
        function: in which it lies; `<module>` at a cell's top level.
        at: its line, in the cell that the function was written in, from 1.
        operands: what the line's names stood for, in the order it uses them.
        layer: the innermost layer of torch's own that raised, if one did.
        near: where an attribute is not there, the one that is there and spelt most like it; empty
            where none is.
    """

    kind: Literal["error"] = "error"
    function: Name
    at: Size
    operands: list[Operand] = Field(max_length=12)
    layer: LayerMet | None = None
    near: Name = ""
