"""The whole program in the process of a test."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from grader.cli.main import main


class Said(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return self.out + self.err


Run = Callable[..., Said]


def program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *first: str
) -> Run:
    """Something that types a command: `first`, then what it is called with."""
    monkeypatch.setenv("COLUMNS", "200")

    def call(*args: str | Path) -> Said:
        monkeypatch.setattr(sys, "argv", ["grader", *first, *map(str, args)])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        return Said(code, *capsys.readouterr())

    return call
