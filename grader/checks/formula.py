"""A known function was written as a formula, and not called ready-made."""

from __future__ import annotations

import ast
import math

from pydantic import Field

from grader.challenge import Challenge
from grader.check import Check, Example
from grader.checks.function_is import KNOWN, FunctionIs, Known
from grader.chosen import made_by, origins_of
from grader.evidence import Evidence
from grader.facts import Answered, CellRead, OpSeen, TensorSeen
from grader.finding import Finding, failed, no_evidence, partly, passed
from grader.notebook import parse_cell
from grader.origins import bindings
from grader.ready_made import leads_to
from grader.scene import Scene

MOST = 300
"""Tensors that are compared with each other; a formula leaves a handful."""
FEW = 5
CLOSE = 2e-4
BENT = 0.05
FINITE = 0.5
"""Of the numbers, so many may be nan or infinite: exponentials overflow."""
NUMPY, TORCH = "{} is computed in numpy", "a formula in torch"
NUMPYS = {f"{m}.{f}" for m in ("numpy", "math") for f in ("exp", "sinh", "cosh", "tanh")}
TORCHS = {"exp", "exp_", "exp2", "expm1", "sinh", "cosh", "sigmoid", "pow", "rpow"}


class Formula(Check):
    """A known function was written as a formula, in torch, and not called ready-made.

    It counts where one tensor of the exercise is the function of another and the ready-made
    function did not give it, and where a function of the exercise answers a challenge as the known
    one does. Numbers that are not finite are not compared. Half is earned by a formula in numpy,
    and by one that is given what the ready-made function gave before. Where the last cell of the
    exercise is left empty and only the ready-made function is called, the formula was not
    attempted.
    """

    kind = "formula"

    function: Known = Field(description="which function")
    challenge: str | None = Field(
        None, description="id of a challenge of this exercise that asks functions"
    )

    def challenges(self) -> list[str]:
        """The one, if there is one."""
        return [self.challenge] if self.challenge else []

    def misfit(self, challenge: Challenge) -> str:
        """It reads what functions answer."""
        return "" if challenge.ask == "function" else "it asks no functions"

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """What was computed, then what the functions answer."""
        computed = self._computed(evidence, exercise)
        if not self.challenge or computed.share:
            return computed
        asked = FunctionIs(challenge=self.challenge, function=self.function)
        answered = asked.look(evidence, exercise)
        if answered.share and calls_it(evidence, exercise, answered.where, self.function):
            return computed
        if answered.share and in_numpy(evidence, exercise):
            return partly(0.5, NUMPY.format(self.function), expected=TORCH, where=answered.where)
        return answered if answered.share else computed

    def _computed(self, evidence: Evidence, exercise: str) -> Finding:
        seen = [t for t in evidence.of(exercise, TensorSeen) if t.values and len(t.values) >= FEW]
        seen = list({(t.of, t.handle): t for t in seen}.values())[-MOST:]
        names = (self.function, f"{self.function}_")
        ready = {t.handle for o in evidence.of(exercise, OpSeen) if o.op in names
                 for r in o.outputs if (t := evidence.tensor(o, r))}  # fmt: skip
        best: Finding | None = None
        for given in seen:
            wanted = [KNOWN[self.function](v) for v in given.values or []]
            if len(set(wanted)) < FEW or not tells(given.values or [], wanted):
                continue
            for made in seen:
                if made is given or made.handle in ready or not computes(made, wanted):
                    continue
                where = (given.seq, made.seq)
                if made.of == "numpy" or in_numpy(evidence, exercise):
                    best = best or partly(0.5, NUMPY.format(self.function), expected=TORCH,
                                          where=where)  # fmt: skip
                elif given.handle in ready:
                    best = partly(0.5, f"the formula of {self.function} is given numbers that"
                                  " had already gone through it", expected="the line of numbers",
                                  actual=f"{self.function} of it", where=where)  # fmt: skip
                else:
                    return passed(f"{self.function} is computed by a formula", where=where)
        return best or self._nothing(evidence, exercise, called=bool(ready))

    def _nothing(self, evidence: Evidence, exercise: str, *, called: bool) -> Finding:
        cells = evidence.of(exercise, CellRead)
        if called and not cells[-1].written:
            return Finding(verdict="not_attempted", share=0, because="the formula's cell is empty")
        ops = {o.op for o in evidence.of(exercise, OpSeen)}
        large = [t for t in evidence.of(exercise, TensorSeen) if t.values is None and t.stats]
        if large and ops & TORCHS:
            return no_evidence("its numbers are too many to be compared", expected=TORCH,
                               actual=f"shape {large[-1].shape}")  # fmt: skip
        return failed(f"no formula gives {self.function} of a tensor",
                      expected=f"numbers that are {self.function} of others",
                      actual=f"torch.{self.function} alone" if called else "no such numbers"
                      )  # fmt: skip

    @classmethod
    def examples(cls) -> list[Example]:
        """Formulas, the function itself, and nothing."""
        line = [i / 2 - 5 for i in range(21)]
        curve = [math.tanh(v) for v in line]
        fields = {"function": "tanh"}

        many = Scene().cell("6").large([5000], -6, 6).op("exp", ["t1"], ["t1"])

        def story(op: str, of: str = "torch", by: str = "div", empty: bool = False) -> Evidence:
            scene = Scene().cell("6")
            x = scene.tensor([21], line)
            if by == "twice":
                first = scene.tensor([21], curve)
                scene.op("tanh", [x], [first])
                scene.tensor([21], [math.tanh(v) for v in curve])
            else:
                y = scene.tensor([21], curve, of=of)
                scene.op(op, [x], [y])
            if empty:
                scene.cell("6", written=False)
            return scene.evidence()

        def called(formula: str) -> Evidence:
            scene = Scene().cell("6", f"def f(x):\n    return {formula}")
            answer = {"by": "function", "model": None, "type": "function", "name": "f"}
            return scene.challenge(*line, ask="function").answers(*curve, **answer).evidence()

        asked = fields | {"challenge": "c"}
        return [
            Example("a formula", fields, story("div"), "6", "passed"),
            Example("a formula in numpy", fields, story("div", of="numpy"), "6", "partly"),
            Example("the ready-made function", fields, story("tanh"), "6", "failed"),
            Example("the same, with an empty cell for the formula", fields,
                    story("tanh", empty=True), "6", "not_attempted"),
            Example("a formula of what the function gave", fields, story("", by="twice"), "6",
                    "partly"),
            Example("a function that calls the ready-made one", asked, called("torch.tanh(x)"),
                    "6", "failed"),
            Example("a function that is never called", asked, called("2 / (1 + e(-2 * x)) - 1"),
                    "6", "passed"),
            Example("a formula on more numbers than are told", fields, many.evidence(), "6",
                    "no_evidence"),
            Example("the function in place", fields, story("tanh_"), "6", "failed"),
            Example("nothing", fields, Scene().cell("6").evidence(), "6", "failed"),
        ]  # fmt: skip


def tells(values: list[float], wanted: list[float]) -> bool:
    """Whether a function of these numbers differs from the numbers: tanh of small ones does not."""
    return any(abs(v - w) > BENT for v, w in zip(values, wanted, strict=True) if math.isfinite(v))


def calls_it(evidence: Evidence, exercise: str, where: tuple[int, ...], function: str) -> bool:
    """Whether what answered calls the ready-made function, itself or through what it calls."""
    answers = [evidence.facts[seq] for seq in where]
    names = {n for a in answers if isinstance(a, Answered) for n in (a.name, a.type) if n}
    origins = evidence.once(origins_of)
    trees = [t for c in evidence.of(exercise, CellRead) if (t := parse_cell(c.source))]
    own: list[ast.AST] = []
    for node in (n for tree in trees for n in ast.walk(tree)):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name in names:
            own.append(node)
        own += [v for t, v in bindings(node) if isinstance(t, ast.Name) and t.id in names]
    return any(leads_to(origins, node, function) for node in own)


def in_numpy(evidence: Evidence, exercise: str) -> bool:
    """Whether the exponentials of an exercise are numpy's or Python's, and none is torch's."""
    used = {o.op for o in evidence.of(exercise, OpSeen)}
    return not used & TORCHS and bool(NUMPYS & set(made_by(evidence, exercise)))


def computes(made: TensorSeen, wanted: list[float]) -> bool:
    """Whether numbers are those wanted, where they are finite."""
    values = made.values or []
    if len(values) != len(wanted):
        return False
    pairs = [(v, w) for v, w in zip(values, wanted, strict=True) if math.isfinite(v)]
    return len(pairs) >= FINITE * len(wanted) and all(
        abs(v - w) <= CLOSE * max(1.0, abs(w)) for v, w in pairs
    )
