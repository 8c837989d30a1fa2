"""What code chooses and sets out to do, read from it where nothing was trained.

Only calls count that the run came to: those of a cell that raised count up to that line.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.facts import CellEnded, CellRead
from grader.notebook import parse_cell
from grader.origins import Origins

LOSSES = {
    "L1Loss": "l1_loss", "MSELoss": "mse_loss", "SmoothL1Loss": "smooth_l1_loss",
    "HuberLoss": "huber_loss", "CrossEntropyLoss": "cross_entropy", "NLLLoss": "nll_loss",
    "BCELoss": "binary_cross_entropy", "BCEWithLogitsLoss": "binary_cross_entropy_with_logits",
}  # fmt: skip
OPTIMIZERS = "torch.optim."
NOT_BEGUN = "no training was begun: there is no loop"


TRAINS = re.compile(r"backward|step|train|fit|learn|epoch|loop", re.IGNORECASE)


def sets_out_to_train(evidence: Evidence, exercise: str) -> bool:
    """Whether the exercise's code holds a loop, or calls what a training calls.

    Code that cannot be read may hold anything, and so may what a cell did not come to.
    """
    cells = [c for c in evidence.of(exercise, CellRead) if c.written]
    written = {c.cell for c in cells}
    if any(e.ending != "finished" for e in evidence.endings(exercise) if e.cell in written):
        return True
    trees = [parse_cell(c.source) for c in cells]
    return not cells or any(tree is None or any(map(trains, ast.walk(tree))) for tree in trees)


def trains(node: ast.AST) -> bool:
    """Whether a piece of code is a loop, or calls something by the name of a training."""
    if isinstance(node, (ast.For, ast.While, ast.comprehension)):
        return True
    func = node.func if isinstance(node, ast.Call) else None
    if isinstance(func, ast.Attribute):
        return func.attr != "train" and TRAINS.search(func.attr) is not None
    return isinstance(func, ast.Name) and TRAINS.search(func.id) is not None


def losses_chosen(evidence: Evidence, exercise: str) -> list[str]:
    """The losses that the exercise's code makes, as functions of torch are called."""
    made = (path.rpartition(".")[2] for path in made_by(evidence, exercise))
    return list(dict.fromkeys(LOSSES[name] for name in made if name in LOSSES))


def optimizers_chosen(evidence: Evidence, exercise: str) -> list[str]:
    """The classes of the optimizers that the exercise's code makes."""
    made = (p.rpartition(".")[2] for p in made_by(evidence, exercise) if p.startswith(OPTIMIZERS))
    return list(dict.fromkeys(name for name in made if name[:1].isupper()))


def made_by(evidence: Evidence, exercise: str) -> Iterator[str]:
    """The dotted names of all that the exercise's code calls."""
    origins = evidence.once(origins_of)
    ends = {e.cell: e for e in evidence.of(exercise, CellEnded)}
    for cell in evidence.of(exercise, CellRead):
        tree, last = parse_cell(cell.source), reached(ends.get(cell.cell))
        for node in ast.walk(tree) if tree and cell.written else ():
            if isinstance(node, ast.Call) and (last is None or node.lineno < last):
                yield from sorted(origins.paths(node.func))


def reached(end: CellEnded | None) -> int | None:
    """The line at which a cell stopped; None where it went on to its end."""
    if end is None or end.ending == "finished":
        return None
    return end.line or 0


def origins_of(evidence: Evidence) -> Origins:
    """Where all names of a hand-in come from."""
    trees = (parse_cell(c.source) for c in evidence.everywhere(CellRead))
    return Origins([tree for tree in trees if tree is not None])
