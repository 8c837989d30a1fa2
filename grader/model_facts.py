"""What is told of models: their training, their files, and what was drawn of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from grader.fact import Claim, Name, Size, Text

Shape = Annotated[list[Size], Field(max_length=16)]
Number = float | Literal["nan", "inf", "-inf"]
Mode = Literal["eval_quiet", "eval_grad", "train_quiet", "train_grad"]
"""Whether a model was in training mode, and whether gradients were recorded."""


class ModelSeen(Claim):
    """A `torch.nn.Module` with parameters, as it stood when the cell ended.

    Attributes:
        handle: names this object for other facts, for as long as it lives.
        names: the names bound to it.
        type: its class; `own` if no package defines it.
        layers: path and class of each module in it, such as ("0", "Linear").
        shapes: path and shape of each parameter.
        parameters: how many numbers they hold; `trainable` of them ask for gradients.
        devices: where the student believes the parameters to be.
        training: whether it is in training mode.
        state: digest of parameters and buffers: equal ones hold equal numbers; None if very large.
    """

    kind: Literal["model"] = "model"
    handle: Name
    names: list[Name] = Field(default=[], max_length=20)
    type: Name
    own: bool = True
    layers: list[tuple[Name, Name]] = Field(max_length=200)
    shapes: list[tuple[Name, Shape]] = Field(max_length=200)
    parameters: Size
    trainable: Size
    devices: list[Name] = Field(max_length=8)
    training: bool
    state: Name | None = None


class Saved(Claim):
    """Something was saved to a file.

    Attributes:
        by: the function that saved it.
        path: as the student gave it; None for a buffer in memory.
        holds: a state_dict, a dictionary with one in it, a whole model, or something else.
        entries: name and shape of each tensor of the state.
        state: digest of it, comparable with that of a model.
    """

    kind: Literal["saved"] = "saved"
    by: Literal["torch.save", "torch.jit.save", "safetensors", "pickle"] = "torch.save"
    path: Text | None = None
    holds: Literal["state_dict", "checkpoint", "model", "other"]
    entries: list[tuple[Name, Shape]] = Field(max_length=200)
    state: Name | None = None


class Loaded(Claim):
    """Something was loaded from a file with `torch.load`; fields as of `Saved`."""

    kind: Literal["loaded"] = "loaded"
    path: Text | None = None
    holds: Literal["state_dict", "checkpoint", "model", "other"]
    entries: list[tuple[Name, Shape]] = Field(max_length=200)
    state: Name | None = None


class StateLoaded(Claim):
    """A model took over a state with `load_state_dict`; `state` is its digest afterwards."""

    kind: Literal["state_loaded"] = "state_loaded"
    model: Name
    state: Name | None = None


class Drawn(BaseModel):
    """One thing drawn in axes: how many points, curves or areas, its label and extent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: Literal["line", "points", "contour", "area", "bars", "image"]
    count: Size
    label: Name = ""
    x: tuple[float, float] | None = None
    y: tuple[float, float] | None = None


class Axes(BaseModel):
    """One pair of axes of a figure."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Text = ""
    labels: tuple[Text, Text] = ("", "")
    drawn: list[Drawn] = Field(default=[], max_length=40)


class PlotDrawn(Claim):
    """A figure of matplotlib that was shown or saved.

    Attributes:
        figure: tells figures apart: one that is saved and shown is one; 0 where it is not known.
        axes: its axes, as they were then.
    """

    kind: Literal["plot"] = "plot"
    figure: Size = 0
    axes: list[Axes] = Field(max_length=20)


class DataFed(BaseModel):
    """A tensor that a model was called on, and the mode it was called in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Mode
    tensor: Name


class DevicesMet(BaseModel):
    """Calls of a model that was on one device with data on another or the same.

    A call with tensors of two devices counts for both.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Name
    data: Name
    calls: Size


class ModelCalled(Claim):
    """How often a model was called in a cell; calls of its parts are not counted.

    Attributes:
        model: its handle.
        eval_quiet, eval_grad, train_quiet, train_grad: calls in each mode.
        evaluations: passes of calls without gradients, with no call that records them in between.
        data: the first tensors it was called on in each mode.
        devices: where the student believes the model and its tensors to have been.
    """

    kind: Literal["model_called"] = "model_called"
    model: Name
    eval_quiet: Size
    eval_grad: Size
    train_quiet: Size
    train_grad: Size
    evaluations: Size
    data: list[DataFed] = Field(max_length=64)
    devices: list[DevicesMet] = Field(default=[], max_length=16)


class OptimizerSeen(BaseModel):
    """An optimizer's class, how many parameter groups it has, and the settings of the first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Name
    settings: dict[Name, bool | int | float | list[float] | None]
    groups: Size


class LossSeen(BaseModel):
    """What was minimised.

    Attributes:
        kind: the function of `torch.nn.functional` that gives the same, or "other".
        module: the class of the loss module called last; None where there was none.
        origin: what made the loss's input: "linear" for logits, "sigmoid", "softmax" …; "leaf"
            where nothing did; None where the graph does not tell.
        input_shape, target_shape: None where they are not known.
        devices: where the student believes input and target to be; empty where it is not known.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Name
    module: Name | None = None
    origin: Name | None = None
    input_shape: Shape | None = None
    target_shape: Shape | None = None
    devices: list[Name] = Field(default=[], max_length=2)


class TrainingSeen(Claim):
    """What one optimizer did to one model in one cell.

    Attributes:
        run: names the pair of model and optimizer for all cells.
        model: the model's handle; None for tensors that belong to no model.
        optimizer: None where gradients were made and no optimizer stepped.
        earlier: steps of this run in earlier cells.
        steps: of the optimizer.
        backwards: losses from which gradients were made.
        epochs: sweeps over the data loader whose batches it stepped on; None where none was used,
            or a single batch over and over.
        cleared: backwards that started with cleared gradients, in whatever way.
        uncleared: those that started with the gradients of a step before: forgotten to clear.
        accumulated: those that added to gradients no step had used yet.
        idle: steps with no backward before them.
        looks: steps whose gradients were looked at; of these `without_gradient` had none at all,
            `zero_gradient` only zeros, `not_finite` nan or infinite ones.
        trainable: numbers of the model that ask for gradients; `covered` of them are in the
            optimizer, which covers `elsewhere` numbers that are not the model's.
        moved: whether a parameter changed; None where it could not be told.
        devices: where the student believes the parameters to be.
        losses: the loss at each backward, in order; each point the mean of `per_point` of them.
        first, last: exactly, None where no loss had one element.
        not_numbers: losses that were nan or infinite.
    """

    kind: Literal["training"] = "training"
    run: Name
    model: Name | None = None
    optimizer: OptimizerSeen | None = None
    earlier: Size
    steps: Size
    backwards: Size
    epochs: Size | None = None
    cleared: Size
    uncleared: Size
    accumulated: Size
    idle: Size
    looks: Size
    without_gradient: Size
    zero_gradient: Size
    not_finite: Size
    trainable: Size
    covered: Size
    elsewhere: Size
    moved: bool | None = None
    devices: list[Name] = Field(max_length=8)
    loss: LossSeen | None = None
    losses: list[Number] = Field(max_length=1001)
    per_point: Size
    first: Number | None = None
    last: Number | None = None
    not_numbers: Size
