"""What many tests use: the fence, its warm parent started once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from grader.sandboxes.choose import FENCED, open_sandbox
from grader.sandboxes.sandbox import Sandbox

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")  # the same examples every time, and no test by the clock


@pytest.fixture(scope="session")
def fence() -> Iterator[Sandbox]:
    """The sandbox that hand-ins are graded in."""
    with open_sandbox(FENCED) as sandbox:
        yield sandbox
