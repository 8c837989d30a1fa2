"""Numbers that were drawn, typed and typed in disguise; arrays and tensors that are none."""

from __future__ import annotations

import subprocess
import sys

import pytest

from grader.facts import TensorSeen
from grader.scene import Scene
from grader.values import is_random, is_typed_in

KNOWN = [0.53490001, 0.19880000, 0.65920001, 0.65689999, 0.23280001, 0.42510000]
SPELT = 'torch.tensor([int(n) / 10_000 for n in "5349 1988 6592 6569 2328 4251".split()])'


def last(scene: Scene) -> tuple[bool, bool]:
    """Whether the last tensor of a scene is random, and whether it is typed in."""
    evidence = scene.evidence()
    tensor = evidence.everywhere(TensorSeen)[-1]
    return is_random(evidence, tensor), is_typed_in(evidence, tensor)


def test_numbers_spelt_apart_are_typed_in() -> None:
    scene = Scene().cell("1", SPELT)
    scene.tensor([6], KNOWN)
    assert last(scene) == (False, True)


def test_numbers_of_four_decimals_were_not_drawn() -> None:
    scene = Scene().cell("1", "x = torch.tensor(read())")
    scene.tensor([6], KNOWN)
    assert last(scene) == (False, False)


def test_drawn_numbers_may_be_rounded() -> None:
    scene = Scene().cell("1", "torch.rand(6).round(decimals=4)")
    drawn = scene.tensor([6], random=True)
    scene.op("round", [drawn], [f"t{int(drawn[1:]) + 1}"])
    scene.tensor([6], KNOWN)
    assert last(scene)[0]


@pytest.mark.parametrize(
    "values",
    [[3, 1, 4, 1, 5, 9], [0.548813502, 0.715189366, 0.602763376, 0.544883183, 0.423654799, 0.6458],
     [0.5349, 0.1988, 0.6592]],
    ids=["whole", "numpy", "few"],
)  # fmt: skip
def test_other_numbers_without_a_pattern_count_as_drawn(values: list[float]) -> None:
    scene = Scene().cell("1", "x = torch.from_numpy(a)")
    scene.tensor([len(values)], values)
    assert last(scene) == (True, False)


PROBED = """
import numpy, torch
from grader.kernel.probes.tensors import TensorProbe
from grader.kernel.recorder import Recorder
recorder = Recorder()
probe = TensorProbe(recorder, torch, lambda tensor: "cpu")

class ndarray:
    size, shape = 1, (1,)
    def tobytes(self): return b"1"
ndarray.__module__ = "numpy"
class Mine(torch.Tensor):
    def tolist(self): return [5.0]
    def reshape(self, *shape): return self
    def detach(self): return self
    @property
    def shape(self): return (3, 3)
class Number(float):
    def __float__(self): return 5.0
class Pretends:
    __class__ = torch.Tensor

for value in (ndarray(), Number(1), Pretends()):
    assert probe.see(value, "bound") is None, value
parameter = torch.nn.Parameter(torch.ones(2))
for value in (numpy.ones(2), numpy.float32(1), numpy.bool_(True), 1, 1.5, parameter):
    assert probe.see(value, "bound"), value
mine = torch.ones(2).as_subclass(Mine)
assert probe.see(mine, "bound")
fact = recorder.drain()[-1]
assert (fact["values"], fact["shape"]) == ([1.0, 1.0], [2]), fact

probe.new_cell()
tensor = torch.rand(3)
first = probe.see(tensor, "output")
assert probe.see(tensor, "bound") == first
tensor.numpy()[...] = 7
second = probe.see(tensor, "bound")
assert second != first
probe.new_cell()
assert probe.see(tensor, "input") == second
probe.new_cell()
tensor.numpy()[...] = 8
assert probe.see(tensor, "input") != second
large = torch.zeros(2000)
before = probe.see(large, "bound")
probe.new_cell()
large.numpy()[5] = 8
assert probe.see(large, "input") != before
probe.see(numpy.arange(2001.0), "bound")
facts = recorder.drain()
assert facts[-1]["stats"][:3] == [0.0, 2000.0, 1000.0], facts[-1]
assert not [f for f in facts if f["kind"] == "probe_failed"]
"""


@pytest.mark.kernel
def test_the_tensor_probe_asks_for_types_and_contents_itself() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBED], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
