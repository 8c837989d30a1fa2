"""Data of a known recipe was made, with the class of each point beside it."""

from __future__ import annotations

from math import hypot
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from grader.check import Check, Example
from grader.evidence import Evidence
from grader.facts import TensorSeen
from grader.finding import Finding, failed, partly, passed
from grader.recipe_points import (
    CLOSE,
    Pattern,
    found_in,
    moons_pattern,
    noise_by_statistics,
    placed,
)
from grader.recipes import Moons, Spirals
from grader.scene import Scene
from grader.values import array, shapes, torch_tensors

if TYPE_CHECKING:
    from grader.values import Array

MOST = 60
"""Tensors that are compared with the recipe: data is a handful."""
FEW = 4
PART = 0.1
"""A smaller share of the points is a look at a few of them, and has no classes of its own."""
NEAR = 0.2
MIDDLES = ((0.0, 0.64), (1.0, -0.14))
"""Where the middles of the two moons are; with much noise and few points, not exactly there."""
MISMATCHED = "what should be the classes of these points belongs to others"
ALONE = "no tensor holds the classes of these points"


class RecipeData(Check):
    """Points of a known recipe were made, as tensors, with the class of each beside them.

    Moons are those of scikit-learn's `make_moons`; any noise counts, unless one is given. Spirals
    are those of the CS231n course. All points count, or a part of them in any order. Data of the
    same kind and of other settings earns half, and so do points whose classes are not their own.
    """

    kind = "recipe_data"
    reads_operations = False

    recipe: Literal["moons", "spirals"] = Field(description="which data it is")
    n: int = Field(ge=4, le=5000, description="points in all; of spirals, in each arm")
    seed: int = Field(ge=0, lt=2**32, description="random_state of moons, numpy's seed of spirals")
    noise: float | None = Field(
        None, ge=0, le=1, description="standard deviation of the noise; of moons any if left out"
    )
    arms: int = Field(3, ge=2, le=10, description="of spirals, how many")

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """Every tensor of points with two columns."""
        seen = torch_tensors(evidence.of(exercise, TensorSeen))
        held = [t for t in seen if len(t.shape) == 2 and t.shape[1] == 2 and t.shape[0] >= FEW]
        wanted = f"{self.n} {self.recipe} under seed {self.seed}"
        if not held:
            return failed("no tensor of points with two columns was found", expected=wanted,
                          actual=shapes(t for t in seen if t.shape))  # fmt: skip
        held = sorted(held, key=lambda t: "bound" in t.ways)[-MOST:]
        told = [f for t in held if (f := self._judge(t, evidence, exercise, wanted)) is not None]
        for kind in (MISMATCHED, "", ALONE):
            found = [f for f in told if f.because == kind or (not kind and f.share == 1)]
            if found:
                return found[-1]
        return self._others(held, seen, wanted)

    def _judge(
        self, points: TensorSeen, evidence: Evidence, exercise: str, wanted: str
    ) -> Finding | None:
        """One tensor, if it holds points of the recipe; a look at a few needs no classes."""
        which, noise = self._which(points)
        if which is None:
            return None
        beside = labels_beside(evidence.of(exercise, TensorSeen), points)
        own = [t for t, classes in beside if self._theirs(classes, which, points)]
        if own:
            told = f" and noise {noise:.3g}" if noise is not None else ""
            return passed(f"{wanted}{told}", where=(points.seq, own[0].seq))
        if "bound" not in points.ways or points.shape[0] < PART * self._count():
            return None
        return partly(0.5, MISMATCHED if beside else ALONE, where=(points.seq,),
                      expected="the classes that belong to the points",
                      actual="classes of others" if beside else "no classes")  # fmt: skip

    def _count(self) -> int:
        return self.n * (self.arms if self.recipe == "spirals" else 1)

    def _others(self, held: list[TensorSeen], seen: list[TensorSeen], wanted: str) -> Finding:
        """Points that are none of the recipe's: of the same kind, or of another."""
        where = tuple(t.seq for t in held[:3])
        actual = f"points of shape {shapes(held)}"
        alike = any(
            self._alike(points, own)
            for t in held if (points := array(t)) is not None
            for _, own in labels_beside(seen, t)
        )  # fmt: skip
        if alike:
            return partly(0.5, f"the data are {self.recipe} made with other settings",
                          expected=wanted, actual=actual, where=where)  # fmt: skip
        return failed(f"the data are no {self.recipe} of the settings asked for", expected=wanted,
                      actual=actual, where=where)  # fmt: skip

    def _which(self, tensor: TensorSeen) -> tuple[list[int] | None, float | None]:
        """Which points of the recipe a tensor holds, and the noise they were made with."""
        points = array(tensor)
        if self.recipe == "spirals" or self.noise is not None:
            made = self._made()
            return (None if points is None else placed(made, points)), self.noise
        pattern = self._pattern()
        if points is not None:
            found = found_in(pattern, points)
            return (found.which, found.noise) if found else (None, None)
        if tensor.shape[0] != self.n:
            return None, None
        noise = noise_by_statistics(pattern, tensor)
        return (None if noise is None else list(range(self.n))), noise

    def _pattern(self) -> Pattern:
        return moons_pattern(self.n, self.seed)

    def _made(self) -> Array:
        import numpy as np

        return np.array(self._recipe().rows())

    def _classes(self) -> list[int]:
        return self._recipe().classes()

    def _recipe(self) -> Moons | Spirals:
        if self.recipe == "moons":
            return Moons(n=self.n, noise=self.noise or 0, seed=self.seed)
        noise = 0.2 if self.noise is None else self.noise
        return Spirals(n=self.n, arms=self.arms, noise=noise, seed=self.seed)

    def _theirs(self, own: list[int], which: list[int], points: TensorSeen) -> bool:
        """Whether classes are those of the points; where all arms begin, any is."""
        classes, at = self._classes(), points.values or []
        wrong = [k for k, i in enumerate(which) if own[k] != classes[i]]
        return all(
            self.recipe == "spirals" and hypot(*at[2 * k : 2 * k + 2]) < CLOSE for k in wrong
        )

    def _alike(self, points: Array, classes: list[int]) -> bool:
        """Whether points lie near the moons of their classes, or in the circle of the spirals."""
        import numpy as np

        if self.recipe == "spirals":
            return bool((np.hypot(*points.T) < 1 + NEAR).all()) and len(set(classes)) > 1
        own = np.array(classes)
        if set(classes) != {0, 1}:
            return False
        middles = [points[own == k].mean(axis=0) - MIDDLES[k] for k in (0, 1)]
        fewest = min(int((own == k).sum()) for k in (0, 1))
        return bool(np.abs(middles).max() < NEAR + 1 / fewest**0.5)

    @classmethod
    def examples(cls) -> list[Example]:
        """Moons of any noise, of other settings, and none."""
        fields = {"recipe": "moons", "n": 100, "seed": 42}

        def story(noise: float, seed: int = 42, turn: int = 0) -> Evidence:
            made = Moons(n=100, noise=noise, seed=seed)
            points, classes = made.rows()[80:], [float(c) for c in made.classes()[80:]]
            scene = Scene().cell("1")
            scene.tensor([20, 2], [v for row in points for v in row])
            scene.tensor([20], classes[turn:] + classes[:turn])
            return scene.evidence()

        spirals = Spirals(n=10, seed=42)
        arms = Scene().cell("7")
        arms.tensor([30, 2], [v for row in spirals.rows() for v in row])
        arms.tensor([30], [float(c) for c in spirals.classes()])
        return [
            Example("moons with noise", fields, story(0.1), "1", "passed"),
            Example("moons without noise", fields, story(0), "1", "passed"),
            Example("moons of another seed", fields, story(0.1, seed=7), "1", "partly"),
            Example("moons with classes of other points", fields, story(0.1, turn=1), "1",
                    "partly"),
            Example("moons with another noise than asked for", fields | {"noise": 0.2},
                    story(0.1), "1", "partly"),
            Example("spirals", {"recipe": "spirals", "n": 10, "seed": 42}, arms.evidence(), "7",
                    "passed"),
            Example("points that are none", fields, Scene().cell("1").evidence(), "1", "failed"),
        ]  # fmt: skip


def labels_beside(seen: list[TensorSeen], points: TensorSeen) -> list[tuple[TensorSeen, list[int]]]:
    """Tensors that could be the classes of points, as whole numbers; of one-hot rows, which."""
    import numpy as np

    found = []
    for tensor in seen:
        numbers = array(tensor)
        if numbers is None or not tensor.shape or tensor.shape[0] != points.shape[0]:
            continue
        if tensor is not points and ((numbers == np.round(numbers)) & (numbers >= 0)).all():
            wide = numbers.reshape(len(numbers), -1)
            own = wide.argmax(axis=1) if wide.shape[1] > 1 else wide[:, 0]
            found.append((tensor, [int(v) for v in own]))
    return found
