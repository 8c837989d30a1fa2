"""Loads what a hand-in saved, in a process that never saw the notebook's state and then dies.

One line of JSON asks, one line answers, as in `replaying`. The first question is answered before
any code of the hand-in has run here; the second runs its definitions, and whatever a file holds.

`read` asks what the file is and holds, which runs no code of it: `form`, `holds`, `entries` and
`state` answer, or `unsafe`, `too_large` or `problem`. `rebuild` asks for the model made again by
`steps`, and for what it gives for `inputs`: `made` and `outputs` answer, or what differs
(`missing`, `unexpected`, `shapes`) or `problem`.
"""

from __future__ import annotations

import importlib
import json
import os
import pickle
import socket
import sys
import types
import warnings
from typing import Any

from .inspecting import TooLarge, looked_into
from .parcel import unpack
from .predicting import predictions
from .probes.states import MAX_STATE, digest_of, entries_of, state_in

Reply = dict[str, Any]

MAX_LINE = 32 * 2**20
MOST_ENTRIES = 200
MOST_PROBLEMS = 20
MOST_FITTING = 4
"""Models of which it is told what they give."""


class Reloading:
    """What is known of one file.

    Args:
        torch: the torch module.
    """

    def __init__(self, torch: Any) -> None:
        self._torch = torch
        self._load_state = torch.nn.Module.load_state_dict
        self._path = ""
        self._form = ""
        self._state: dict[str, Any] | None = None

    def answer(self, asked: dict[str, Any]) -> Reply:
        """The reply to one question."""
        try:
            if asked["do"] == "read":
                return self.read(str(asked["name"]), list(asked["modules"]))
            return self.rebuild(asked["steps"], asked["inputs"])
        except TooLarge:
            return {"too_large": True}
        except BaseException as problem:  # code of the hand-in raises what it likes
            return {"problem": said(problem)}

    def read(self, name: str, modules: list[str]) -> Reply:
        """What a file is and holds, without running any code of it."""
        told = looked_into(name, modules)
        self._path, self._form = name, told["form"]
        if told["unsafe"]:
            return {**told, "holds": "other"}
        if told["form"] == "script":
            return {**told, "holds": "script"}
        if told["form"] == "safetensors":
            value = importlib.import_module("safetensors.torch").load_file(name)
        else:
            try:
                value = self._torch.load(name, map_location="cpu", weights_only=True)
            except Exception as problem:
                if told["form"] == "unknown":
                    raise
                return {**told, "holds": "model", "problem": said(problem)}
        state = self._state = state_in(value, self._torch)
        if state is None:
            return {**told, "holds": "other"}
        if sum(t.numel() for t in state.values()) > MAX_STATE:
            raise TooLarge
        return {
            **told,
            "holds": "state_dict" if state is value else "checkpoint",
            "entries": [[n[:100], list(t.shape)[:16]] for n, t in state.items()][:MOST_ENTRIES],
            "state": digest_of(list(state.items()), self._torch),
        }

    def rebuild(self, steps: list[list[str]], inputs: list[dict[str, Any]]) -> Reply:
        """The model made again, and what it predicts."""
        candidates, problems = run_steps(steps)
        models = [c for c in candidates if isinstance(c, self._torch.nn.Module)]
        if self._state is not None:
            reply, fitting = self._fitting(models, self._state)
        else:
            reply, fitting = self._whole(models)
        if not fitting:
            return {**reply, "problems": problems[:MOST_PROBLEMS]}
        entries = list(entries_of(fitting[0], self._torch))
        outputs = [predictions(model, inputs, self._torch) for model in fitting]
        return {**reply, "state": digest_of(entries, self._torch), "outputs": outputs}

    def _fitting(self, models: list[Any], state: dict[str, Any]) -> tuple[Reply, list[Any]]:
        """The models that take over the state entirely, the last first; or what the best lacks."""
        best: Reply = {"problem": "no instance could be made"}
        fitting: list[Any] = []
        for model in reversed(models):
            differs = difference(dict(entries_of(model, self._torch)), state)
            if any(differs.values()):
                best = differs if "missing" not in best or total(differs) < total(best) else best
            elif all(model is not m for m in fitting) and len(fitting) < MOST_FITTING:
                self._load_state(model, state, strict=True)
                fitting.append(model)
        return ({"made": "class"} if fitting else best), fitting

    def _whole(self, models: list[Any]) -> tuple[Reply, list[Any]]:
        """A model that the file holds whole; or, among what only runs when read, its state."""
        if self._form == "script":
            return {"made": "script"}, [self._torch.jit.load(self._path, map_location="cpu")]
        try:
            value = self._torch.load(self._path, map_location="cpu", weights_only=False)
        except Exception:
            if self._form != "pickle":
                raise
            with open(self._path, "rb") as file:
                value = pickle.load(file)  # noqa: S301  (this process is there for it)
        if (state := state_in(value, self._torch)) is not None:
            return self._fitting(models, state)
        if not isinstance(value, self._torch.nn.Module):
            return {"problem": f"the file holds a {type(value).__name__}"}, []
        return {"made": "whole"}, [value]


def run_steps(steps: list[list[str]]) -> tuple[list[Any], list[str]]:
    """Run definitions and keep what is made on the way; what raises is passed over and told.

    What was made where the notebook made it comes last.
    """
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    names = vars(main)
    made: dict[str, list[Any]] = {"make_else": [], "make": []}
    problems = []
    for do, text in steps:
        try:
            if do in made:
                made[do].append(eval(compile(text, "<cell>", "eval"), names))  # noqa: S307
            else:
                exec(compile(text, "<cell>", "exec"), names)  # noqa: S102
        except BaseException as problem:  # a SystemExit of the hand-in's ends nothing here
            problems.append(f"{text[:60]}: {said(problem)}"[:300])
    return [*made["make_else"], *made["make"]], problems


def difference(own: dict[str, Any], state: dict[str, Any]) -> dict[str, list[str]]:
    """Entries that a model has and a state lacks, the other way round, and of another shape."""
    both = [n for n in own if n in state]
    return {
        "missing": [n[:100] for n in own if n not in state][:MOST_ENTRIES],
        "unexpected": [n[:100] for n in state if n not in own][:MOST_ENTRIES],
        "shapes": [n[:100] for n in both if own[n].shape != state[n].shape][:MOST_ENTRIES],
    }


def total(differs: dict[str, Any]) -> int:
    """How many entries differ."""
    return sum(len(v) for v in differs.values())


def said(problem: BaseException) -> str:
    """An exception in one line."""
    return f"{type(problem).__name__}: {problem}"[:300].encode("utf-8", "replace").decode()


def serve(connection: socket.socket | int) -> None:
    """Answer questions about one file until the other side closes the connection."""
    import torch

    reloading = Reloading(torch)
    link = socket.socket(fileno=connection) if isinstance(connection, int) else connection
    with link, link.makefile("rb") as asked, link.makefile("wb") as answers:
        while line := asked.readline(MAX_LINE):
            answers.write(json.dumps(reloading.answer(json.loads(line))).encode() + b"\n")
            answers.flush()


def run_forked(request: dict[str, Any], reply: Any, descriptors: list[int]) -> None:
    """Serve in a fork of the warm parent.

    Args:
        request: says nothing more.
        reply: is told when it serves.
        descriptors: the connection, and the files.
    """
    connection, files = descriptors
    reply.send(b'{"ready": true}')
    reply.close()
    run(connection, files)
    os._exit(0)


def run(connection: int, files: int) -> None:
    """Serve a socket in a process of its own, with one thread, beside the files that came along."""
    import torch

    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    unpack(files)
    sys.path.insert(0, "")
    serve(connection)
