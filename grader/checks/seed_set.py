"""A random generator was seeded, with which value, and whether the numbers were drawn under it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from grader.check import Check, Example
from grader.evidence import Evidence
from grader.facts import OpSeen, SeedSet
from grader.finding import Finding, failed, partly, passed
from grader.scene import Scene

OURS = 2**40
"""Seeds from here on are where a run starts by itself: no seed was set."""

NAMES = {"cpu": "CPU", "gpu": "GPU", "numpy": "numpy", "python": "Python"}


class SeedIsSet(Check):
    """A random generator was seeded, or random numbers were drawn under a seed.

    Without `used` it looks for a seeding call in the exercise's cells. With `used` it looks at the
    exercise's random calls and at the seed they drew under, wherever that was set.
    """

    kind = "seed_set"
    preparation_counts = True

    value: int | None = Field(None, description="the seed; any if left out")
    generator: Literal["cpu", "gpu", "numpy", "python"] | None = Field(
        None, description="which generator; torch.manual_seed counts half for gpu"
    )
    used: bool = Field(
        False, description="judge what the exercise's random calls drew under, not the call"
    )

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """The calls of this exercise, or its draws."""
        if self.used:
            return self._draws(evidence, exercise)
        return self._calls(evidence, exercise)

    def _calls(self, evidence: Evidence, exercise: str) -> Finding:
        calls = evidence.of(exercise, SeedSet)
        fitting = [c for c in calls if self.generator is None or self.generator in c.generators]
        wanted = f"a {NAMES.get(self.generator or '', 'random')} seeding call"
        if not fitting:
            seen = ", ".join(c.call for c in calls) or "no seeding call"
            return failed("no seeding call of the kind asked for was made",
                          expected=wanted, actual=seen)  # fmt: skip
        right = [c for c in fitting if self.value is None or c.value == self.value]
        if not right:
            return failed("the seed has another value", expected=str(self.value),
                          actual=str(fitting[-1].value), where=(fitting[-1].seq,))  # fmt: skip
        own = [c for c in right if c.call != "torch.manual_seed"]
        if self.generator == "gpu" and not own and self.value is None:
            return partly(
                0.5, "torch.manual_seed seeds the GPU too, but is not the GPU's own function",
                expected="the seeding function of torch.cuda", actual="torch.manual_seed",
                where=(right[-1].seq,),
            )  # fmt: skip
        return passed(f"{(own or right)[-1].call} was called", where=((own or right)[-1].seq,))

    def _draws(self, evidence: Evidence, exercise: str) -> Finding:
        draws = [o for o in evidence.of(exercise, OpSeen) if o.seed is not None]
        wanted = f"seed {self.value}" if self.value is not None else "a seed"
        if not draws:
            return failed("no random numbers were drawn in this exercise", expected=wanted)
        for op in draws:
            if op.seed is None or op.seed.value >= OURS:
                continue
            if self.value is None or op.seed.value == self.value:
                return passed(f"random numbers were drawn under seed {op.seed.value}",
                              where=(op.seq,))  # fmt: skip
        return failed("the random numbers were not drawn under the seed asked for",
                      expected=wanted, actual=self._instead(evidence, exercise, draws[-1]),
                      where=(draws[-1].seq,))  # fmt: skip

    def _instead(self, evidence: Evidence, exercise: str, draw: OpSeen) -> str:
        used = draw.seed
        if used is None or used.value >= OURS:
            return "no seed was set for the generator that was used"
        own = any(s.value == used.value for s in evidence.of(exercise, SeedSet))
        return f"seed {used.value}" if own else f"seed {used.value}, set before this exercise"

    @classmethod
    def examples(cls) -> list[Example]:
        """Calls and draws, right, wrong and none."""

        def call(name: str | None, value: int | None = None) -> Evidence:
            scene = Scene().cell("5")
            return (scene.seed(name, value) if name else scene).evidence()

        def draw(seed: int | None) -> Evidence:
            scene = Scene().cell("5")
            if seed is not None:
                scene.tensor([2], random=True, seed=seed)
            return scene.evidence()

        gpu, value = {"generator": "gpu"}, {"generator": "gpu", "value": 1234}
        used = {"used": True, "value": 7}
        return [
            Example("random numbers drawn under seed 7", used, draw(7), "5", "passed"),
            Example("random numbers drawn under seed 1", used, draw(1), "5", "failed"),
            Example("random numbers without a seed", used, draw(OURS), "5", "failed"),
            Example("no random numbers", used, draw(None), "5", "failed"),
            Example("torch.cuda.manual_seed(1234)", gpu, call("torch.cuda.manual_seed", 1234),
                    "5", "passed"),
            Example("torch.manual_seed(1234)", gpu, call("torch.manual_seed", 1234), "5",
                    "partly"),
            Example("torch.manual_seed(1234), where the value is asked for", value,
                    call("torch.manual_seed", 1234), "5", "passed"),
            Example("torch.cuda.manual_seed(42)", value, call("torch.cuda.manual_seed", 42), "5",
                    "failed"),
            Example("numpy.random.seed(1234)", gpu, call("numpy.random.seed", 1234), "5",
                    "failed"),
            Example("no seeding call", gpu, call(None), "5", "failed"),
        ]  # fmt: skip
