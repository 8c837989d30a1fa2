"""What a loss is, read from the autograd graph that leads to it.

The graph is the same for a loss module, a function and a formula written by hand, so all three
are told alike. Only the first steps of a run are read like this; it costs tens of microseconds.
"""

from __future__ import annotations

import re
from typing import Any

MOST_NODES = 200
"""How far a leaf is looked for."""
DEPTH = 6
"""How many operations may lie between the loss and what makes it one, such as a mean."""

KINDS = {
    "BinaryCrossEntropyWithLogits": "binary_cross_entropy_with_logits",
    "BinaryCrossEntropy": "binary_cross_entropy",
    "NllLoss": "nll_loss",
    "NllLoss2D": "nll_loss",
    "MseLoss": "mse_loss",
    "SmoothL1Loss": "smooth_l1_loss",
    "HuberLoss": "huber_loss",
    "SoftMarginLoss": "soft_margin_loss",
    "MultiMarginLoss": "multi_margin_loss",
}
MODULES = {
    "L1Loss": ("l1_loss",),
    "MSELoss": ("mse_loss",),
    "SmoothL1Loss": ("smooth_l1_loss",),
    "HuberLoss": ("huber_loss",),
    "BCELoss": ("binary_cross_entropy",),
    "BCEWithLogitsLoss": ("binary_cross_entropy_with_logits",),
    "CrossEntropyLoss": ("cross_entropy", "nll_loss"),
    "NLLLoss": ("cross_entropy", "nll_loss"),
}
"""What the graph of a loss module's loss is told as."""
SHAPE_ONLY = frozenset(
    ["View", "UnsafeView", "Reshape", "ReshapeAlias", "Squeeze", "Unsqueeze", "T", "Transpose",
     "Permute", "Select", "Slice", "Expand", "Clone", "Alias", "AsStrided", "ToCopy", "Index",
     "Unbind", "Split", "Cat", "Stack", "Flatten"]
)  # fmt: skip
DIFFERENCES = ("Sub", "Rsub")
BY_HAND = ("l1_loss", "mse_loss")
NUMBERED = re.compile(r"Backward\d*$")


def leaf_of(node: Any, end: Any) -> Any:
    """The nearest leaf tensor that a graph leads to, breadth first; None where there is none.

    Args:
        node: where it starts.
        end: torch's class for the node of a leaf.
    """
    level, met = [node], 0
    while level and met < MOST_NODES:
        below = []
        for each in level:
            for child, _ in each.next_functions:
                if child is None:
                    continue
                if type(child) is end:
                    return child.variable
                below.append(child)
        met += len(below)
        level = below
    return None


def loss_of(node: Any) -> dict[str, Any]:
    """What kind of loss a graph ends in, what it was given, and the shapes of both.

    Returns:
        kind: the name of the function in `torch.nn.functional`, or "other".
        origin: the operation that made its input, shape-only ones left out: "linear" for logits,
            "sigmoid", "softmax", "relu" …; "scale" for a product with a constant; "leaf" where
            nothing made it.
        input_shape, target_shape: lists, or None where the graph does not keep them.
    """
    kind, end = kind_of(node)
    if end is None:
        return {"kind": "other", "origin": None, "input_shape": None, "target_shape": None}
    below = first_below(end)
    if kind in BY_HAND and below is not None and plain_name(below) in DIFFERENCES:
        below = first_below(below)
    below = beneath_shapes(below)
    if kind == "nll_loss" and below is not None and plain_name(below) == "LogSoftmax":
        kind, below = "cross_entropy", first_below(below)
    return {
        "kind": kind,
        "origin": origin(below),
        "input_shape": saved_shape(end, "_saved_self"),
        "target_shape": saved_shape(end, "_saved_target"),
    }


def fits(kind: str, module: str | None) -> bool:
    """Whether a loss of this kind can have come from a module of this class."""
    return kind == "other" or module not in MODULES or kind in MODULES[module]


def kind_of(node: Any) -> tuple[str, Any]:
    """The loss nearest to the end of a graph, and its node."""
    level = [node]
    for _ in range(DEPTH):
        for each in level:
            kind = KINDS.get(plain_name(each)) or by_hand(each)
            if kind is not None:
                return kind, each
        level = [c for each in level for c, _ in each.next_functions if c is not None][:16]
    return "other", None


def by_hand(node: Any) -> str | None:
    """The mean or sum of differences, absolute or squared; of log-probabilities times targets."""
    name, difference = plain_name(node), first_below(node)
    if difference is None:
        return None
    if name == "Mul" and plain_name(difference) == "LogSoftmax" and only_one_below(node):
        return "nll_loss"
    if plain_name(difference) not in DIFFERENCES:
        return None
    if name == "Abs":
        return "l1_loss"
    if name == "Pow" and getattr(node, "_saved_exponent", None) == 2:
        return "mse_loss"
    factors = [child for child, _ in node.next_functions]
    return "mse_loss" if name == "Mul" and len(factors) == 2 and factors[0] is factors[1] else None


def origin(node: Any) -> str | None:
    """The operation that made a value; shape-only ones are passed over."""
    node = beneath_shapes(node)
    if node is None:
        return None
    if hasattr(node, "variable"):
        return "leaf"
    name = plain_name(node)
    below = first_below(node)
    if name == "Mul" and below is not None and plain_name(below) == "Reciprocal":
        return "reciprocal"  # torch makes 1 / x of it, as in a sigmoid by hand
    if name in ("Mul", "Div") and only_one_below(node):
        return "scale"
    return "linear" if name in ("Addmm", "Mm", "Linear", "Baddbmm", "Bmm") else snake(name)


def beneath_shapes(node: Any) -> Any:
    """The first node below that does more than bring numbers into another shape or order."""
    for _ in range(MOST_NODES):
        if node is None or hasattr(node, "variable") or plain_name(node) not in SHAPE_ONLY:
            break
        node = first_below(node)
    return node


def only_one_below(node: Any) -> bool:
    """Whether one input alone asks for gradients."""
    return sum(child is not None for child, _ in node.next_functions) == 1


def first_below(node: Any) -> Any:
    """The first node that a node's result was made of."""
    return next((child for child, _ in node.next_functions if child is not None), None)


def plain_name(node: Any) -> str:
    """`AddmmBackward0` is Addmm."""
    return NUMBERED.sub("", str(node.name()))


def snake(name: str) -> str:
    """`LogSoftmax` is log_softmax."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()[:60]


def saved_shape(node: Any, name: str) -> list[int] | None:
    """The shape of a tensor that a node keeps for its backward; None where it keeps none."""
    try:
        saved = getattr(node, name, None)
    except RuntimeError:  # changed in place since: torch refuses to hand it out
        return None
    return [int(n) for n in saved.shape][:16] if saved is not None else None
