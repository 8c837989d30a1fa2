"""An attribute that an object does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from grader.evidence import Evidence
from grader.facts import CellRead
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.innermost import written
from grader.model_classes import concerned
from grader.raised import Raised, errors
from grader.scene import Scene

MISSING = re.compile(r"(?:'([\w.]+)' object|module '([\w.]+)'|type object '(\w+)') has no attribute"
                     r" '(\w+)'")  # fmt: skip
ITS_OWN = re.compile(r"NoneType|_IncompatibleKeys|'_(?:modules|parameters|buffers|\w*hooks)'"
                     r"|partially initialized")  # fmt: skip
"""What others tell better."""
OF_ANY_MODEL = (
    "parameters", "named_parameters", "state_dict", "load_state_dict", "train", "eval", "to", "cpu",
    "cuda", "zero_grad", "forward", "modules", "children", "apply", "training", "requires_grad_",
)  # fmt: skip
"""What every model has without a line of its class."""


class NameNotThere(Fault):
    """The error of Python for it, with what the object is."""

    id = "X21"
    title = "an object has no attribute of this name"
    severity = "F"
    stage = "crash"
    component = "python"
    hints = (
        "Look at the name to the right of the dot, and print the type of what is to the left.",
        "A module has the names that its makers gave it, and each type of object has its own. A"
        " name that works on one, such as a tensor, need not be there on another, such as a list.",
        "Compare the spelling with the documentation, or put what you meant to the left of the"
        " dot.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Errors of this kind."""
        for raised in errors(evidence, exercise, "AttributeError", MISSING.pattern):
            found = MISSING.search(raised.end.evalue or "")
            if found is None or ITS_OWN.search(raised.said):
                continue
            *types, name = found.groups()
            if not stands_there(evidence, raised, name):  # raised inside of a library
                continue
            of = next(t for t in types if t)
            yield self.at(
                written(evidence, raised), exercise,
                observed=f"{holder(raised, of, module=bool(types[1]))}: no {name!r}",
                expected=self._near(evidence, raised, of, name),
                because=f"{name!r} is looked up on {of}, which does not have it",
            )  # fmt: skip

    def _near(self, evidence: Evidence, raised: Raised, of: str, name: str) -> str:
        """What the class sets instead, if it is one of the page."""
        for model in concerned(evidence, raised):
            has = [*(k.name for k in model.kept()), *model.methods()]
            if model.name != of:
                continue
            if near := get_close_matches(name, has, n=1):
                return f"{near[0]!r}, which the class has"
            if near := get_close_matches(name, OF_ANY_MODEL, n=1):
                return f"{near[0]!r}, which every model has"
            return f"a line in `__init__` of {of} that sets self.{name}"
        if raised.line and raised.line.near:
            return f"{raised.line.near!r}, which {of} has"
        return f"a name that {of} has"

    @classmethod
    def examples(cls) -> list[Example]:
        """A list taken for an array, and what a None lacks."""
        shape = Scene().cell("2", "x.shape")
        shape.error("AttributeError", "'list' object has no attribute 'shape'", {})
        none = Scene().cell("2", "x.shape")
        none.error("AttributeError", "'NoneType' object has no attribute 'shape'", {})
        inside = Scene().cell("2", "Line.to(device)")
        inside.error("AttributeError", "'str' object has no attribute '_apply'", {})
        return [
            Example("what a library asks for", inside.evidence(), "2", False),
            Example("a list taken for an array", shape.evidence(), "2", True),
            Example("a None, which has a cause of its own", none.evidence(), "2", False),
        ]


def stands_there(evidence: Evidence, raised: Raised, name: str) -> bool:
    """Whether a name is written where the error was raised; so it is where the page is not told."""
    own = written(evidence, raised)
    source = next((c.source for c in evidence.everywhere(CellRead) if c.cell == own.cell), "")
    return source.strip() in ("", "...") or name in re.findall(r"\w+", source)


def holder(raised: Raised, of: str, *, module: bool) -> str:
    """The name of the line that stands for the object, and its type."""
    if module:
        return f"the module {of}"
    told = raised.line.operands if raised.line else []
    is_tensor = of == "Tensor"
    found = [o.name for o in told if o.type == of or (is_tensor and o.type == "tensor")]
    return f"{found[0]} is of type {of}" if len(found) == 1 else f"an object of type {of}"
