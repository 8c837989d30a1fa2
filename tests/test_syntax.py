"""Python's parser, asked by several threads."""

from __future__ import annotations

import gc
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from grader.syntax import literal, syntax_tree

TEXT = "x = [" + "f(a, b=[1, 2, {3: 4}]), " * 300 + "]\n"


@pytest.mark.slow
def test_threads_do_not_disturb_each_other() -> None:
    """Without its lock, this fails on Python 3.11 within a second, most of the time."""
    before, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(50)
    sys.setswitchinterval(1e-6)
    gc.callbacks.append(lambda *_: threading.Event().wait(0))
    try:
        with ThreadPoolExecutor(4) as pool:
            trees = list(pool.map(syntax_tree, [TEXT] * 40))
    finally:
        gc.callbacks.pop()
        gc.set_threshold(*before)
        sys.setswitchinterval(interval)
    assert len(trees) == 40


def test_a_warning_about_somebodys_text_is_nobodys_concern() -> None:
    assert len(syntax_tree("x = '\\d'\ny = 1 is 1").body) == 2


def test_literals_are_read() -> None:
    assert literal("[1, [2.5]]") == [1, [2.5]]
    with pytest.raises(ValueError, match="malformed"):
        literal("f()")
