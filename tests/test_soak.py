"""Long trials, run by hand with `make soak`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

pytestmark = [pytest.mark.soak, pytest.mark.kernel]


@pytest.mark.parametrize("folder", ["submissions/00-fundamentals", "tests/golden"])
def test_no_verdict_hangs_on_the_initial_seed(folder: str) -> None:
    command = [sys.executable, "tests/benchmarks/stability.py", folder, "--seeds", "5"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_long_batch_leaves_nothing_behind() -> None:
    command = [sys.executable, "tests/benchmarks/leaks.py", "--hand-ins", "60", "--every", "20"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_kernel_takes_little_memory_of_its_own() -> None:
    command = [sys.executable, "tests/benchmarks/memory.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
