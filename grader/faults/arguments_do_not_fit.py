"""A function is called with arguments it does not take."""

from __future__ import annotations

from collections.abc import Iterator

from grader.evidence import Evidence
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.obstacles import OLDER
from grader.planting import Mutant, Solution
from grader.raised import errors
from grader.scene import Scene

PATTERN = (
    r"takes .*argument|missing \d+ required|unexpected keyword argument|got multiple values"
    r"|invalid combination of arguments"
)


class ArgumentsDoNotFit(Fault):
    """A TypeError of Python for it."""

    id = "X24"
    title = "a function is called with other arguments than it takes"
    severity = "F"
    stage = "result"
    component = "python"
    hints = (
        "Compare the call with the signature in the documentation.",
        "A function takes a certain number of arguments, some under a fixed name. Functions with"
        " similar names can take others.",
        "Pass what the message asks for, or call the function that you meant.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Errors of this kind, but for packages that were right once."""
        for raised in errors(evidence, exercise, "TypeError", PATTERN):
            if OLDER.search(raised.end.evalue or ""):
                continue
            yield self.at(
                raised.end, exercise,
                observed=f"{raised.said} {raised.where()}".strip(),
                expected="the arguments that the function is defined with",
                because="the call and the definition of the function do not fit each other",
            )  # fmt: skip

    @classmethod
    def plant(cls, solution: Solution) -> Iterator[Mutant]:
        """Another function with a similar name, and another name for an argument."""
        for cell, call in solution.calls("manual_seed"):
            if solution.text(cell, call.func) == "torch.cuda.manual_seed":
                other = "torch.cuda.seed"
                yield Mutant("another function", (solution.replaced(cell, call.func, other),))
        for cell, call in solution.calls("SGD", "Adam", "AdamW", "RMSprop"):
            text = solution.text(cell, call)
            if "lr=" in text and "\n" not in text:
                other = text.replace("lr=", "learning_rate=")
                yield Mutant("another name", (solution.replaced(cell, call, other),))

    @classmethod
    def examples(cls) -> list[Example]:
        """A number for a function that takes none, and a package that has changed."""

        def scene(said: str) -> Evidence:
            return Scene().cell("5").error("TypeError", said, {}).evidence()

        older = "ConfusionMatrix.__new__() missing 1 required positional argument: 'task'"
        return [
            Example("a number too many", scene("seed() takes 0 positional arguments"),
                    "5", True),
            Example("a package that has changed", scene(older), "5", False),
        ]  # fmt: skip
