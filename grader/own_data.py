"""A notebook's own data as it was made: with its noise, its scale, and the part kept for testing.

The points are made here, from the recipe that the exercise gives; of what a run told, only the
noise, the scale and which points were tested on are taken. A scale is learned where the numbers
before and after it are known: each column is then a multiple of the recipe's, and something added.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from grader.facts import Fact, ModelCalled, TensorSeen
from grader.recipe_points import found_in, moons_pattern, placed
from grader.recipes import Moons, Own
from grader.values import array

if TYPE_CHECKING:
    from grader.values import Array

MOST = 60
"""Tensors that are looked at; data and its parts are a handful."""
FEW = 20
"""So many points tell an accuracy, and a scale."""
FITS = 1e-4
"""How far a scaled number may lie from the recipe's, relative to the spread of its column."""


class Scale(NamedTuple):
    """What a column of the recipe's points is multiplied by, and what is added to it then."""

    times: list[float]
    plus: list[float]


PLAIN = Scale([1.0, 1.0], [0.0, 0.0])


class Part(NamedTuple):
    """A tensor of the recipe's points: which ones, and how they are scaled."""

    which: list[int]
    scale: Scale


def recognised(own: Own, facts: Sequence[Fact], exercise: str) -> Own:
    """The data as a run made it, where it can be recognised; else as it was given.

    Args:
        own: the recipe.
        facts: of all cells so far.
        exercise: whose models are asked.
    """
    tensors = [f for f in facts if isinstance(f, TensorSeen) and f.values
               and len(f.shape) == 2 and f.shape[1] == 2]  # fmt: skip
    noise = noise_in(own, tensors)
    if noise is None:
        return own
    known = own.model_copy(update={"found": noise})
    tested = parts(known, fed(facts, exercise, quiet=True), tensors)
    trained = parts(known, fed(facts, exercise, quiet=False), tensors)
    if not tested + trained:
        return own
    scale = (tested + trained)[0].scale
    seen = {i for part in tested if part.scale == scale for i in part.which}
    seen -= {i for part in trained for i in part.which}
    test = sorted(seen) if len(seen) >= FEW else []
    return known.model_copy(update={"test": test, "times": scale.times, "plus": scale.plus})


def noise_in(own: Own, tensors: list[TensorSeen]) -> float | None:
    """The noise that the recipe's points were made with, if any tensor holds such points."""
    for tensor in [t for t in tensors if t.shape[0] >= FEW][:MOST]:
        points = array(tensor)
        if points is None:
            continue
        if not isinstance(own.of, Moons):
            if placed(own.made(), points) is not None:
                return own.of.noise
            continue
        found = found_in(moons_pattern(own.of.n, own.of.seed), points)
        if found is not None and found.noise <= 1:
            return found.noise
    return None


def fed(facts: Iterable[Fact], exercise: str, *, quiet: bool) -> list[TensorSeen]:
    """What an exercise's models were called on, with gradients or without."""
    seen = list(facts)
    calls = [f for f in seen if isinstance(f, ModelCalled) and f.exercise == exercise]
    handles = {(c.cell, d.tensor) for c in calls for d in c.data
               if d.mode.endswith("quiet") == quiet}  # fmt: skip
    return [f for f in seen if isinstance(f, TensorSeen) and (f.cell, f.handle) in handles][:MOST]


def parts(own: Own, given: list[TensorSeen], tensors: list[TensorSeen]) -> list[Part]:
    """Those of some tensors that hold points of the recipe, as they are or scaled."""
    found = (part_of(own, tensor, tensors) for tensor in given)
    return [part for part in found if part is not None]


def part_of(own: Own, tensor: TensorSeen, tensors: list[TensorSeen]) -> Part | None:
    """Which points a tensor holds; None where they are none of the recipe's."""
    points = array(tensor) if len(tensor.shape) == 2 and tensor.shape[1] == 2 else None
    if points is None:
        return None
    which = placed(own.made(), points)
    if which is not None:
        return Part(which, PLAIN)
    for other in [t for t in tensors if t.shape == tensor.shape and t.shape[0] >= FEW][:MOST]:
        before = array(other)
        scale = None if before is None else scale_between(before, points)
        which = None if before is None or scale is None else placed(own.made(), before)
        if which is not None and scale is not None:
            return Part(which, scale)
    return None


def scale_between(before: Array, after: Array) -> Scale | None:
    """What makes some points of others, if a scale of each column does."""
    import numpy as np

    times, plus = [], []
    for one, other in zip(before.T, after.T, strict=True):
        spread = float(one.std())
        if spread == 0 or not np.isfinite(other).all():
            return None
        slope = float(((one - one.mean()) * (other - other.mean())).mean()) / spread**2
        offset = float(other.mean()) - slope * float(one.mean())
        if slope == 0 or np.abs(one * slope + offset - other).max() > FITS * abs(slope) * spread:
            return None
        times.append(slope)
        plus.append(offset)
    return Scale(times, plus)


def best_possible(own: Own) -> float:
    """The share of points that whoever knows how they were made tells right; of moons alone.

    Where the noise is large, points of one moon lie in the other, and nobody tells them apart.
    """
    import numpy as np

    if not isinstance(own.of, Moons) or not own.found:
        return 1.0
    pattern = moons_pattern(own.of.n, own.of.seed)
    points = pattern.with_noise(own.found)
    apart = ((points[:, None, :] - pattern.still[None]) ** 2).sum(axis=2)
    likely = np.exp(-apart / (2 * own.found**2))
    inner, outer = (likely[:, pattern.classes == k].sum(axis=1) for k in (1, 0))
    right = (inner > outer) == (pattern.classes == 1)
    return float(right[own.test].mean() if own.test else right.mean())
