"""What one has to understand to do the exercises: a closed list of knowledge components.

Criteria and faults name the one they are about, so that what is seen of both adds up. The list is
closed because a misspelt name would be a component that nobody ever masters. Some belong to later
chapters of the course.
"""

from __future__ import annotations

from typing import NamedTuple

from grader.errors import nearest


class Component(NamedTuple):
    """One thing to understand.

    Attributes:
        title: what it is, to a student.
        needs: components without which this one is hard to come by.
    """

    title: str
    needs: tuple[str, ...] = ()


COMPONENTS: dict[str, Component] = {
    "python": Component("Python: names, calls, arguments"),
    "process": Component("Working on an exercise"),
    "notebook-hygiene": Component("Notebooks that run from the top"),
    "seed": Component("Seeds and random numbers"),
    "tensor-ops": Component("Tensors and their operations"),
    "shape": Component("Shapes of tensors", ("tensor-ops",)),
    "matmul-shape": Component("Matrix products", ("tensor-ops",)),
    "dtype": Component("Types of numbers", ("tensor-ops",)),
    "device": Component("Devices: CPU and GPU", ("tensor-ops",)),
    "plotting": Component("Figures of data and results"),
    "data-split": Component("Training data and test data", ("tensor-ops",)),
    "nn-module": Component("Models as classes", ("tensor-ops",)),
    "activation": Component("What lies between layers", ("nn-module",)),
    "autograd": Component("How gradients come about", ("tensor-ops",)),
    "loss-choice": Component("Which loss, and what it is given", ("nn-module",)),
    "logits-probs-labels": Component("Logits, probabilities, labels", ("nn-module",)),
    "optimizer-setup": Component("Optimizers and what they hold", ("nn-module",)),
    "loop-order": Component(
        "The training loop, step by step", ("nn-module", "loss-choice", "optimizer-setup")
    ),
    "train-eval-mode": Component("Training and evaluation mode", ("nn-module",)),
    "inference-context": Component("Predicting without gradients", ("nn-module",)),
    "metrics": Component("Losses and accuracies, reported", ("loop-order",)),
    "diagnosis": Component("Telling whether a training works", ("loop-order",)),
    "save-load": Component("Saving and loading models", ("nn-module",)),
    "dataloader": Component("Data in batches", ("data-split", "loop-order")),
    "transforms": Component("Pictures made into tensors", ("dataloader",)),
    "custom-dataset": Component("Datasets of one's own", ("dataloader",)),
    "conv-shape": Component("Shapes of convolutions", ("nn-module", "shape")),
    "transfer-freeze": Component("Trained models, taken over", ("nn-module", "optimizer-setup")),
    "modular-scripts": Component("Notebooks made into scripts", ("loop-order",)),
    "experiment-tracking": Component("Experiments side by side", ("metrics",)),
    "vit-patch": Component("Pictures cut into patches", ("conv-shape",)),
}


def known(name: str) -> str:
    """The name, if it is a component's.

    Raises:
        ValueError: it is none; the nearest is offered.
    """
    if name not in COMPONENTS:
        raise ValueError(f"there is no component {name!r}{nearest(name, list(COMPONENTS))}")
    return name


def title(name: str) -> str:
    """What a component is called; one that only another package knows goes by its name."""
    return COMPONENTS[name].title if name in COMPONENTS else name


def needs(name: str) -> tuple[str, ...]:
    """The components without which one is hard to come by."""
    return COMPONENTS[name].needs if name in COMPONENTS else ()
