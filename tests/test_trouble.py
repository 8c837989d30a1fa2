"""What a run could not show because of this machine is told from what will never be seen."""

from __future__ import annotations

import pytest

from grader.scene import Scene
from grader.trouble import UNBROUGHT, UNHEARD, UNTOLD, troubled

HEARD = Scene().cell("5").challenge(1.0).answers(2.0)


@pytest.mark.parametrize(
    "scene",
    [
        Scene().cell("5").blind("reload", "there was no process to load it in"),
        Scene().cell("5").blind("files", UNBROUGHT),
        Scene().cell("5").blind("wire", UNTOLD),
        Scene().cell("5").challenge(1.0, problem=UNHEARD),
        Scene().cell("5").challenge(1.0).answers(ended="silent"),
    ],
)
def test_what_went_unheard_may_be_heard_the_next_time(scene: Scene) -> None:
    assert troubled(scene.evidence())


@pytest.mark.parametrize(
    "scene",
    [
        HEARD,
        Scene().cell("5").blind("operations", "this cell trains"),
        Scene().cell("5").blind("files", "more than 4 files were saved; the last ones came out"),
        Scene().cell("5").ends("raised", "ModuleNotFoundError", "No module named 'torchmetrics'"),
        Scene().cell("5").challenge(1.0, problem="cell 3 ran out of time"),
    ],
)
def test_what_would_come_again_is_no_trouble(scene: Scene) -> None:
    assert not troubled(scene.evidence())


def test_a_run_that_this_machine_broke_off_is_trouble() -> None:
    assert troubled(HEARD.evidence(ending="host_failed", why="no room"))
