"""The warm parent itself, and the fence in the worker processes of somebody else's engine."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest

from grader.assignment import Assignment
from grader.run.selftest import try_kernel
from grader.sandboxes.choose import FENCED, open_sandbox
from grader.sandboxes.fenced import environment
from grader.sandboxes.warm_parent import WarmParent

pytestmark = pytest.mark.kernel


def test_it_has_one_thread_and_passes_over_what_is_not_installed() -> None:
    preload = Assignment.model_fields["preload"].get_default()
    with WarmParent([*preload, "no_such_module_anywhere"], environment(2)) as warm:
        warm.start()
        assert warm.threads == 1
        assert warm.missing == ["no_such_module_anywhere"]
        folder = warm.folder
        assert folder.exists()
    assert not folder.exists()


def in_a_worker(_: int) -> str:
    with open_sandbox(FENCED) as sandbox:
        return try_kernel(sandbox)


def test_it_works_in_worker_processes() -> None:
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        assert all(said.startswith("starts") for said in pool.map(in_a_worker, range(2)))
