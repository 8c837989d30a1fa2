"""The host's end of the process that loads a saved file: two questions, two answers."""

from __future__ import annotations

import json
import socket
import time
from contextlib import suppress
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from grader.assignment import Limits
from grader.brought import Brought
from grader.definitions import Step
from grader.file_facts import Form
from grader.sandboxes.sandbox import Sandbox

READ_S = 30.0
REBUILD_S = 60.0
"""Wide: a busy machine must cost nobody the answer."""
MAX_REPLY = 4 * 2**20
MOST_AT_ONCE = 2**16
MOST_NAMES = 200

Text = Annotated[str, Field(max_length=400)]
Names = Annotated[list[Text], Field(max_length=MOST_NAMES)]
Answered = TypeVar("Answered", bound=BaseModel)


class Lost(Exception):
    """The process is gone, is too slow, or does not answer as agreed.

    Args:
        why: a few words.
        late: whether it was too slow.
    """

    def __init__(self, why: str, *, late: bool = False) -> None:
        super().__init__(why)
        self.late = late


class Read(BaseModel):
    """What a file is and holds; fields as `kernel.reloading` names them."""

    model_config = ConfigDict(frozen=True)

    form: Literal["torch", "script", "pickle", "safetensors", "unknown"] = "unknown"
    holds: Form | None = None
    globals: Names = []
    unsafe: Names = []
    entries: Annotated[list[Any], Field(max_length=MOST_NAMES)] = []
    state: Text | None = None
    too_large: bool = False
    problem: Text = ""


class Prediction(BaseModel):
    """What a model gives for one input, or why it gives nothing."""

    model_config = ConfigDict(frozen=True)

    shape: Annotated[list[int], Field(max_length=16)] = []
    values: Annotated[list[float], Field(max_length=1024)] = []
    problem: Text = ""


class Rebuilt(BaseModel):
    """A model made again, or what kept it from being made."""

    model_config = ConfigDict(frozen=True)

    made: Literal["class", "whole", "script"] | None = None
    missing: Names = []
    unexpected: Names = []
    shapes: Names = []
    problems: Annotated[list[Text], Field(max_length=20)] = []
    problem: Text = ""
    state: Text | None = None
    outputs: Annotated[list[list[Prediction]], Field(max_length=8)] = []


class Loader:
    """A fresh process for one file; use it as a context manager.

    Args:
        sandbox: starts it.
        limits: what it may use.
        files: what came along with the hand-in.
        data: the file's bytes.

    Raises:
        HostError: it does not start.
    """

    def __init__(
        self, sandbox: Sandbox, limits: Limits, files: tuple[Brought, ...], data: bytes
    ) -> None:
        self._name = free_name({f.name for f in files})
        self._modules = sorted({module_of(f.name) for f in files if f.name.endswith(".py")})
        self._process = sandbox.loader(limits, [*files, Brought(self._name, data)])
        self._heard = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        with suppress(OSError):
            self._process.connection.close()
        self._process.close()

    def read(self) -> Read:
        """What the file is and holds; no code of the hand-in has run there yet.

        Raises:
            Lost: see there.
        """
        asked = {"do": "read", "name": self._name, "modules": self._modules}
        return self._ask(asked, READ_S, Read)

    def rebuild(self, steps: list[Step], inputs: list[dict[str, Any]]) -> Rebuilt:
        """The model made again by a notebook's definitions, and what it gives for inputs.

        Raises:
            Lost: see there.
        """
        asked = {"do": "rebuild", "steps": [list(s) for s in steps], "inputs": inputs}
        return self._ask(asked, REBUILD_S, Rebuilt)

    def _ask(self, asked: dict[str, Any], seconds: float, kind: type[Answered]) -> Answered:
        connection: socket.socket = self._process.connection
        until = time.monotonic() + seconds
        connection.settimeout(seconds)
        try:
            connection.sendall(json.dumps(asked).encode() + b"\n")
            return kind.model_validate(json.loads(self._line(until)))
        except TimeoutError as problem:
            raise Lost(f"it took longer than {seconds:.0f} s", late=True) from problem
        except (OSError, ValueError, ValidationError, RecursionError) as problem:
            raise Lost("the process that loaded it ended") from problem

    def _line(self, until: float) -> bytes:
        """The next line, however slowly it comes; what came of it where it ends or is too long.

        Raises:
            TimeoutError: it is not there in time.
        """
        connection: socket.socket = self._process.connection
        while b"\n" not in self._heard and len(self._heard) < MAX_REPLY:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            connection.settimeout(left)
            piece = connection.recv(MOST_AT_ONCE)
            if not piece:
                break
            self._heard += piece
        line, _, self._heard = self._heard.partition(b"\n")
        return line


def free_name(taken: set[str]) -> str:
    """A name for the file that nothing beside it has."""
    name = "saved"
    while name in taken or any(t.startswith(f"{name}/") for t in taken):
        name += "-"
    return name


def module_of(name: str) -> str:
    """The first part of a module's dotted name, from its file's."""
    return name.partition("/")[0].removesuffix(".py")
