"""What speaks against claims: certain contradictions only.

Whatever can honestly come about is no doubt, however odd: memory shared with numpy, generators
set back, tensors printed after they changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from grader.corroboration.certainty import Judged
from grader.corroboration.code import Code
from grader.corroboration.displayed import Displayed, Displays, typed
from grader.evidence import Evidence
from grader.facts import (
    CellEnded,
    Claim,
    Doubted,
    OpSeen,
    ProbeFailed,
    SeedSet,
    TensorSeen,
)

MOVES = frozenset(["nn", "Module", "Parameter"])
"""Words of code under which one tensor may lie elsewhere than it did in the same cell."""
HAVE_GENERATORS = re.compile(
    r"generator|dataloader|sampler|random_split|sobol|quasirandom|default_rng", re.IGNORECASE
)
"""Words of code that draws from a generator of its own, or of what it uses."""
ACCELERATORS = ("cuda", "mps", "xpu", "xla")
MOST = 20
"""Doubts of one hand-in; more say nothing more."""


def doubts(
    evidence: Evidence, code: Code, displays: Displays, judged: list[Judged]
) -> list[Doubted]:
    """Every certain contradiction, each reason once for an exercise."""
    found = [
        *(doubt(j.op, j.reason) for j in judged if j.outcome == "other"),
        *doubted_seeds(evidence, code),
        *doubted_generators(evidence, code),
        *doubted_devices(evidence, code),
        *doubted_displays(evidence, code, displays),
    ]
    once = {(d.exercise, d.reason): d for d in reversed(found)}
    return sorted(once.values(), key=lambda d: (d.cell, d.reason))[:MOST]


def doubt(claim: Claim, reason: str) -> Doubted:
    """A doubt about a claim."""
    return Doubted(cell=claim.cell, exercise=claim.exercise, line=claim.line, reason=reason[:2000])


def doubted_seeds(evidence: Evidence, code: Code) -> Iterator[Doubted]:
    """Seeding calls that the code does not hold."""
    for seed in evidence.everywhere(SeedSet):
        read = code.until(seed.cell)
        if not seed.call.startswith("torch.") or not read.readable:
            continue
        text = read.text.lower()
        module = seed.call.removeprefix("torch.").partition(".")[0]
        if "seed" not in text or (module in ACCELERATORS and module not in text):
            yield doubt(seed, f"a call of {seed.call} was told that the code does not hold")
        elif read.seeds and seed.value not in read.seeds:
            yield doubt(seed, f"the seed {seed.value} was told that the code does not hold")


def doubted_generators(evidence: Evidence, code: Code) -> Iterator[Doubted]:
    """Draws from a generator that is not torch's own, where no code speaks of one."""
    draws = [o for o in evidence.everywhere(OpSeen) if o.seed and o.seed.generator == "own"]
    reads = {cell: code.until(cell) for cell in {o.cell for o in draws}}
    without = {cell for cell, read in reads.items()
               if read.readable and not any(map(HAVE_GENERATORS.search, read.words))}  # fmt: skip
    for op in draws:
        if op.cell in without:
            yield doubt(op, "a draw was told from a generator of its own, which no code makes")


def doubted_devices(evidence: Evidence, code: Code) -> Iterator[Doubted]:
    """Tensors on an accelerator where no code asks for one."""
    for tensor in evidence.everywhere(TensorSeen):
        on = tensor.device.partition(":")[0]
        read = code.until(tensor.cell)
        if on in ACCELERATORS and read.readable and not read.names_a_device:
            yield doubt(tensor, f"a tensor on {on} was told, and no code asks for a device")


def doubted_displays(evidence: Evidence, code: Code, displays: Displays) -> Iterator[Doubted]:
    """Tensors that a cell showed, and that nothing was told of."""
    failed = {p.cell for p in evidence.everywhere(ProbeFailed)}
    ended = {e.cell: e for e in evidence.everywhere(CellEnded) if e.ending == "finished"}
    tensors = evidence.everywhere(TensorSeen)
    for cell in displays.cells():
        read = code.until(cell)
        unseen = cell in failed or cell not in ended or displays.is_cut(cell)
        if unseen or read.may_share_memory or read.may_be_inexact:
            continue
        before = [t for t in tensors if t.cell <= cell]
        here = [t for t in before if t.cell == cell and "shown" in t.ways]
        for shown in displays.tensors(cell):
            if typed(shown.pieces, read.text):
                continue
            if contradicts(shown, here, before):
                what = "with other numbers"
            elif not read.words & MOVES and is_elsewhere(shown, before):
                what = "on another device"
            else:
                continue
            reason = f"a tensor was shown {what} than was told of it"
            yield Doubted(cell=cell, exercise=ended[cell].exercise, reason=reason)


def contradicts(shown: Displayed, here: list[TensorSeen], before: list[TensorSeen]) -> bool:
    """Whether tensors of this shape were told as shown, and none of all has these numbers."""
    candidates = [t for t in here if t.shape == shown.shape and t.of == "torch"]
    if not candidates or any(t.values is None for t in before if t.shape == shown.shape):
        return False
    return not any(shown.shows(t, generously=True) for t in before)


def is_elsewhere(shown: Displayed, before: list[TensorSeen]) -> bool:
    """Whether all tensors with these numbers were told to be on another device."""
    told = {t.device for t in before if t.of == "torch" and shown.shows(t)}
    return bool(told) and (shown.device or "cpu") not in told
