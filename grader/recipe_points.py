"""Whether tensors hold points of a known recipe, whatever noise they were made with.

`make_moons` adds its noise to points that do not hang on it: with X0 the points without and Z the
noise of size 1, all data of one seed is X0 + s Z. So the s of a few points tells that of all, and
every other point has to lie there too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from grader.facts import TensorSeen
from grader.recipes import Moons

if TYPE_CHECKING:
    from grader.values import Array

CLOSE = 2e-5
"""How far a point may lie from the recipe's: float32 keeps seven digits."""
TELLING = 24
"""So many points tell the noise."""
SAME = 1e-3
"""How much the noise of two points may differ, as a small Z tells it badly."""
MOST_NOISE = 2.0


class Pattern(NamedTuple):
    """Points without noise, the noise of size 1, and the class of each.

    Attributes:
        still: shape (n, 2).
        noise: shape (n, 2).
        classes: shape (n,).
    """

    still: Array
    noise: Array
    classes: Array

    def with_noise(self, size: float) -> Array:
        """The points with noise of this standard deviation, shape (n, 2)."""
        made: Array = self.still + size * self.noise
        return made


class Found(NamedTuple):
    """Points of a pattern: the noise they were made with, and which ones they are, in order."""

    noise: float
    which: list[int]


def moons_pattern(n: int, seed: int) -> Pattern:
    """What `make_moons` makes of so many points, for any noise."""
    import numpy as np

    still, loud = Moons(n=n, noise=0, seed=seed), Moons(n=n, noise=1, seed=seed)
    at_rest = np.array(still.rows())
    return Pattern(at_rest, np.array(loud.rows()) - at_rest, np.array(still.classes()))


def found_in(pattern: Pattern, points: Array) -> Found | None:
    """Which of a pattern's points these are; None where they are others.

    Args:
        pattern: n points in two dimensions.
        points: shape (m, 2), rounded to float32 or better.
    """
    size = noise_of(pattern, points)
    which = None if size is None else placed(pattern.with_noise(size), points)
    return None if size is None or which is None else Found(size, which)


def noise_of(pattern: Pattern, points: Array) -> float | None:
    """The one noise that most of the first points can have been made with."""
    import numpy as np

    apart = points[:TELLING, None, :] - pattern.still[None]
    lengths = (pattern.noise**2).sum(axis=1)
    sizes = (apart * pattern.noise[None]).sum(axis=2) / lengths
    off = np.abs(apart - sizes[..., None] * pattern.noise[None]).max(axis=2)
    fits = (off < CLOSE) & (sizes > -SAME) & (sizes < MOST_NOISE)
    told = [(point, float(sizes[point, i]), float(lengths[i])) for point, i in np.argwhere(fits)]
    best, most = None, 0
    for _, size, _ in told:
        near = [(p, s, weight) for p, s, weight in told if abs(s - size) < SAME]
        if (together := len({p for p, _, _ in near})) > most:
            sharp = max(near, key=lambda n: n[2])
            best, most = max(0.0, sharp[1]), together
    return best if most > min(len(points), TELLING) // 2 else None


def placed(made: Array, points: Array) -> list[int] | None:
    """The position of each point among those made; None where one is not there."""
    import numpy as np

    far = np.abs(points[:, None, :] - made[None]).max(axis=2)
    which = far.argmin(axis=1)
    return which.tolist() if (far.min(axis=1) < 10 * CLOSE).all() else None


def noise_by_statistics(pattern: Pattern, told: TensorSeen) -> float | None:
    """The noise of all points at once, where their statistics alone are told.

    The variance of X0 + s Z is a quadratic of s; extremes and mean then have to be right as well.
    """
    import numpy as np

    if told.stats is None or len(told.stats) != 4:
        return None
    low, high, mean, spread = told.stats
    still, noise = pattern.still.ravel(), pattern.noise.ravel()
    both = np.cov(np.stack([still, noise]))
    roots = np.roots([both[1, 1], 2 * both[0, 1], both[0, 0] - spread**2])
    for size in (float(r.real) for r in roots if abs(r.imag) < SAME):
        if not -SAME < size < MOST_NOISE:
            continue
        made = pattern.with_noise(max(0.0, size))
        seen = [made.min(), made.max(), made.mean()]
        if np.allclose(seen, [low, high, mean], atol=SAME):
            return max(0.0, size)
    return None
