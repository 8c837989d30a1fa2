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
