"""Inputs that the host makes for challenges: the same numbers every time, on every machine.

They are known here alone until a model or function is applied to them, and so are their classes.
Moons are those of `sklearn.datasets.make_moons`, bit for bit; spirals are those of the course's
template, with as many points, classes and turns as asked for.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

MOST_NUMBERS = 10_000
"""Of one challenge, points times features."""
PER_CLASS = 2_000

Real = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Rows = list[list[float]]


class Recipe(BaseModel):
    """How inputs are made; each row is one point."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def rows(self) -> Rows:
        """The points, one list of features each."""
        raise NotImplementedError

    def classes(self) -> list[int] | None:
        """The class of each point, from 0; None where there are none."""
        return None

    def as_given(self) -> Recipe:
        """The recipe as the assignment gives it, without what was found in a run."""
        return self


class Points(Recipe):
    """Points as they are given."""

    kind: Literal["points"] = "points"
    points: list[Annotated[list[Real], Field(min_length=1, max_length=1000)]] = Field(
        min_length=1, max_length=2000, description="one list of numbers for each point"
    )

    @model_validator(mode="after")
    def _fits(self) -> Points:
        if len({len(p) for p in self.points}) > 1:
            raise ValueError("every point needs as many numbers as the first")
        if sum(map(len, self.points)) > MOST_NUMBERS:
            raise ValueError(f"more than {MOST_NUMBERS} numbers")
        return self

    def rows(self) -> Rows:
        """The points, one list of features each."""
        return [list(p) for p in self.points]


class Grid(Recipe):
    """Evenly spaced points; with one feature a line of them, as of `torch.linspace`."""

    kind: Literal["grid"] = "grid"
    low: list[Real] = Field(min_length=1, max_length=3, description="the least of each feature")
    high: list[Real] = Field(min_length=1, max_length=3, description="the largest of each feature")
    steps: int = Field(ge=2, le=2000, description="how many values of each feature")

    @model_validator(mode="after")
    def _fits(self) -> Grid:
        if len(self.low) != len(self.high):
            raise ValueError("low and high need as many numbers as each other")
        if self.steps ** len(self.low) * len(self.low) > MOST_NUMBERS:
            raise ValueError(f"more than {MOST_NUMBERS} numbers")
        return self

    def rows(self) -> Rows:
        """The points, one list of features each."""
        sides = [
            [low + (high - low) * i / (self.steps - 1) for i in range(self.steps)]
            for low, high in zip(self.low, self.high, strict=True)
        ]
        return [list(point) for point in product(*sides)]


class Moons(Recipe):
    """Two half circles that reach into each other, shuffled, as scikit-learn makes them."""

    kind: Literal["moons"] = "moons"
    n: int = Field(ge=4, le=MOST_NUMBERS // 2, description="points in all")
    noise: float = Field(ge=0, le=1, description="standard deviation of what is added to them")
    seed: Seed = Field(description="the random_state of make_moons")

    def rows(self) -> Rows:
        """The points, two features each."""
        return self._made()[0]

    def classes(self) -> list[int]:
        """0 on the outer half circle, 1 on the inner one."""
        return self._made()[1]

    def _made(self) -> tuple[Rows, list[int]]:
        """Points and classes, drawn in the order in which make_moons draws."""
        import numpy as np

        random = np.random.RandomState(self.seed)
        outer = np.linspace(0, np.pi, self.n // 2)
        inner = np.linspace(0, np.pi, self.n - self.n // 2)
        first = np.append(np.cos(outer), 1 - np.cos(inner))
        second = np.append(np.sin(outer), 1 - np.sin(inner) - 0.5)
        order = np.arange(self.n)
        random.shuffle(order)
        points = np.vstack([first, second]).T[order]
        if self.noise:
            points = points + random.normal(scale=self.noise, size=points.shape)
        return points.tolist(), [int(i >= self.n // 2) for i in order]


class Spirals(Recipe):
    """Arms of a spiral, one a class, as the course's template makes them."""

    kind: Literal["spirals"] = "spirals"
    n: int = Field(ge=2, le=PER_CLASS, description="points of each class")
    arms: int = Field(3, ge=2, le=10, description="how many classes")
    noise: float = Field(0.2, ge=0, le=1, description="standard deviation of the angle")
    seed: Seed = Field(description="numpy's seed")

    @model_validator(mode="after")
    def _fits(self) -> Spirals:
        if 2 * self.n * self.arms > MOST_NUMBERS:
            raise ValueError(f"more than {MOST_NUMBERS} numbers")
        return self

    def rows(self) -> Rows:
        """The points, two features each, class after class."""
        import numpy as np

        random = np.random.RandomState(self.seed)
        radius = np.linspace(0.0, 1, self.n)
        arms = []
        for arm in range(self.arms):
            angle = np.linspace(arm * 4, (arm + 1) * 4, self.n)
            angle = angle + random.randn(self.n) * self.noise
            arms.append(np.c_[radius * np.sin(angle), radius * np.cos(angle)])
        rows: Rows = np.concatenate(arms).tolist()
        return rows

    def classes(self) -> list[int]:
        """The arm of each point."""
        return [arm for arm in range(self.arms) for _ in range(self.n)]


class Own(Recipe):
    """The data that the notebook made by a recipe, as it made it.

    An assignment gives the recipe; noise, scale and which points are for testing are found in the
    run. Where they are not, nothing is asked.
    """

    kind: Literal["own"] = "own"
    of: Annotated[Moons | Spirals, Field(discriminator="kind")] = Field(
        description="the recipe of the exercise's data; of moons, any noise is found"
    )
    found: float | None = Field(None, ge=0, le=1, description="the noise, found in the run")
    times: list[Real] = Field([1.0, 1.0], min_length=2, max_length=2, description="found, too")
    plus: list[Real] = Field([0.0, 0.0], min_length=2, max_length=2, description="found, too")
    test: list[int] = Field([], max_length=MOST_NUMBERS, description="found, too")

    def made(self) -> Array:
        """The points as the recipe makes them with the noise of the run, shape (n, 2)."""
        import numpy as np

        noise = self.of.noise if self.found is None else self.found
        return np.array(self.of.model_copy(update={"noise": noise}).rows())

    def rows(self) -> Rows:
        """The points as the run's models take them, two features each."""
        import numpy as np

        rows: Rows = (self.made() * np.array(self.times) + np.array(self.plus)).tolist()
        return rows

    def classes(self) -> list[int]:
        """Those of the recipe."""
        return self.of.classes()

    def as_given(self) -> Own:
        """What the assignment says."""
        return Own(of=self.of)


AnyRecipe = Annotated[Points | Grid | Moons | Spirals | Own, Field(discriminator="kind")]
