"""A mistake in what the loss is given is told in the line that computes the loss."""

from __future__ import annotations

import pytest

from grader.facts import CellRead
from grader.scene import Scene
from grader.training_code import loss_at

LOOP = """for epoch in range(3):
    pred = model(X)
    {loss}
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()"""


@pytest.mark.parametrize(
    ("loss", "line"),
    [
        ("loss = loss_fn(pred, y)", 3),
        ("other = loss_fn(pred, y)", 5),  # set elsewhere: the backward is all that is known
        ("loss = 0\n    loss = loss_fn(pred, y)", 4),
    ],
)
def test_where_the_loss_is_computed(loss: str, line: int) -> None:
    evidence = Scene().cell("3", LOOP.format(loss=loss)).evidence()
    assert loss_at(evidence, evidence.everywhere(CellRead)[0]).line == line


def test_a_loop_in_a_function_of_a_cell_above() -> None:
    loop = LOOP.format(loss="loss = loss_fn(pred, y)").replace("\n", "\n    ")
    evidence = Scene().cell("3", f"def train():\n    {loop}").cell("3", "train()").evidence()
    found = loss_at(evidence, evidence.everywhere(CellRead)[1])
    assert (found.cell, found.line) == (0, 4)


def test_without_a_backward_no_line_is_told() -> None:
    evidence = Scene().cell("3", "x = 1").evidence()
    assert loss_at(evidence, evidence.everywhere(CellRead)[0]).line is None
