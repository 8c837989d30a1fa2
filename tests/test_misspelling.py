"""Which names are slips of the keyboard for others, and which are other names."""

from __future__ import annotations

import pytest

from grader.misspelling import slip_for


@pytest.mark.parametrize(
    ("name", "known", "near"),
    [
        ("X_trian", ["X_train", "y_train", "X_test"], "X_train"),
        ("x_train", ["X_train", "y_train"], "X_train"),
        ("trainloader", ["train_loader", "test_loader"], "train_loader"),
        ("y_preds", ["y_pred", "y_test"], ""),
        ("y_perd", ["y_pred", "y_test"], "y_pred"),
        ("optimzer", ["optimizer", "optim"], "optimizer"),
        ("pritn", ["print", "int"], "print"),
        ("X_test", ["y_test", "X_train"], ""),
        ("test_loss", ["train_loss", "loss"], ""),
        ("model_1", ["model_0", "model_2", "model"], ""),
        ("acc", ["act", "a"], ""),
        ("weight", ["weight"], ""),
        ("los_fn", ["loss_fn", "lossfn"], ""),
        ("decoder", ["encoder"], ""),
        ("train_dataolader", ["train_dataloader", "test_dataloader"], "train_dataloader"),
        ("color", ["colors", "colour", "colores"], "colour"),
        ("epochs", ["epoch"], ""),
        ("losses", ["loss"], ""),
        ("x", ["X"], ""),
    ],
)
def test_what_a_name_may_be_meant_for(name: str, known: list[str], near: str) -> None:
    assert slip_for(name, known) == near
