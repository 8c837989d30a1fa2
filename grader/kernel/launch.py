"""Starts ipykernel with the probes in place and answers the host's questions.

The host asks on the shell channel with a message type of its own. Such a message is no execution:
history, `Out`, `_` and the execution count stay what the student expects.
"""

from __future__ import annotations

import gc
import random
import sys
from collections.abc import Callable
from typing import Any

from . import colab, doors, inert, parcel, shell, tripwire
from .callables import CallableProbe
from .challenge import Challenges
from .doors import door
from .probes import accelerator, loads, seeds
from .probes.devices import ServedDevice
from .probes.errors import ErrorProbe
from .probes.models import ModelProbe
from .probes.names import NameProbe
from .probes.plots import PlotProbe
from .probes.saved_files import SavedFiles
from .probes.saves import SaveProbe
from .probes.tensors import TensorProbe
from .recorder import Fact, Recorder
from .seal import Seal


class Observer:
    """The probes of one kernel.

    Args:
        app: an initialised IPKernelApp.
        seed: where every random generator starts.
    """

    def __init__(self, app: Any, seed: int) -> None:
        import numpy as np
        import torch

        from .probes.operations import OperationProbe
        from .probes.training import TrainingProbe
        from .probes.training_loops import TrainingLoops

        self.recorder = Recorder()
        served = ServedDevice(torch, self.recorder, seed)
        tensors = TensorProbe(self.recorder, torch, served.of)
        self._tensors = tensors
        self._models = ModelProbe(self.recorder, torch, served.of)
        self._errors = ErrorProbe(self.recorder, torch, served.of)
        self._names = NameProbe(app.shell.user_ns, tensors, self._models)
        accelerator.install(torch, served, self.recorder)
        loads.install(torch, served)
        torch.default_generator.manual_seed(seed)
        np.random.seed(seed % 2**32)
        random.seed(seed)
        seeds.install(torch, served, self.recorder)
        operations = OperationProbe(self.recorder, tensors, served)
        self._loops = TrainingLoops(operations, self.recorder)
        self._training = TrainingProbe(
            self.recorder, torch, tensors, self._models, served, self._loops.stepped
        )
        self.files = SavedFiles()
        SaveProbe(self.recorder, torch, self._models, self.files)
        plots = PlotProbe(self.recorder)
        app.shell.events.register("pre_run_cell", door(plots.cell_starts))
        operations.watch()
        self._callables = CallableProbe(app.shell.user_ns)
        self.challenges = Challenges(
            app,
            torch,
            self.recorder,
            self._models,
            self._callables,
            self.files,
            operations.only_serve,
        )
        app.shell.events.register("pre_run_cell", door(self._loops.cell_starts))
        app.shell.events.register("post_run_cell", door(self._cell_ran))
        self.start()

    def start(self) -> None:
        """What is there by now is none of the student's."""
        self._names.remember()
        self._callables.cell_ended(-1)

    def _cell_ran(self, result: Any) -> None:
        self._loops.cell_ended()
        with self._seeing("errors"):
            self._errors.look(result.error_in_exec)
        with self._seeing("names"):
            self._names.look()
            if result.result is not None:
                self._names.shown(result.result)
            self._training.tell()
            self._models.tell()
            gc.collect()  # what is only part of a cycle is gone, whenever Python would notice
            self._tensors.mark_kept()

    def facts(self, cell: int) -> list[Fact]:
        """What was seen since the last call, in a cell of this index; a new cell starts."""
        facts = self.recorder.drain()
        self._tensors.new_cell()
        self.files.cell_ended()
        with self._seeing("names"):
            self._names.remember()
            self._callables.cell_ended(cell)
        return facts

    def _seeing(self, probe: str) -> _Seeing:
        return _Seeing(self.recorder, probe)


class _Seeing:
    """A probe's own failure is told to the host, never to the student."""

    def __init__(self, recorder: Recorder, probe: str) -> None:
        self._recorder = recorder
        self._probe = probe

    def __enter__(self) -> None:
        import torch

        self._quiet = torch._C.DisableTorchFunction()
        self._quiet.__enter__()

    def __exit__(self, kind: Any, problem: Any, trace: Any) -> bool:
        self._quiet.__exit__(kind, problem, trace)
        if problem is not None and isinstance(problem, Exception):
            self._recorder.fail(self._probe, f"{kind.__name__}: {problem}")
            return True
        return False


def observe(app: Any, seed: int) -> bytes:
    """Put the probes into an initialised application's shell, and answer the host's questions.

    Returns:
        The key that the answers are sealed with.
    """
    observer = Observer(app, seed)
    seal = Seal(observer.recorder)
    shell.install(app.shell)
    colab.install(app.shell)
    inert.install(app.shell)
    observer.start()
    kernel = app.kernel

    def answering(kind: str, told: Callable[[dict[str, Any]], list[Fact]]) -> Callable[..., Any]:
        def answer(stream: Any, ident: Any, parent: Any) -> None:
            question = repr([f"{kind}_request", parent["content"]])
            facts = told(parent["content"])
            content = {"facts": facts, "seal": seal.of(question, facts)}
            kernel.session.send(stream, f"{kind}_reply", content, parent, ident)

        return door(answer)

    for kind, told in (
        ("evidence", lambda asked: observer.facts(int(asked.get("cell", -1)))),
        ("challenge", observer.challenges.answers),
        ("file", observer.files.answer),
    ):
        kernel.shell_handlers[f"{kind}_request"] = answering(kind, told)
    return seal.key


def run(connection_file: str, seed: int, files: int) -> None:
    """Serve the kernel until the host shuts it down.

    Args:
        connection_file: where the kernel listens.
        seed: starts the random generators.
        files: descriptor of what comes along with the hand-in, -1 for nothing.
    """
    from ipykernel.kernelapp import IPKernelApp

    from .stream import PiecewiseStream

    name = f"{PiecewiseStream.__module__}.{PiecewiseStream.__name__}"
    app = IPKernelApp.instance(outstream_class=name)
    app.initialize(["-f", connection_file])
    observe(app, seed)
    parcel.unpack(files)  # last: a module called torch or random must not be ours
    sys.path.insert(0, "")
    gc.freeze()
    app.start()


def prepare() -> None:
    """Make in the warm parent what every fork needs."""
    from .app import ForkedKernel

    ForkedKernel.instance().prepare()


def run_forked(request: dict[str, Any], reply: Any, descriptors: list[int]) -> None:
    """Serve the kernel in a fork of the warm parent.

    Args:
        request: `key` signs the messages, `seed` starts the random generators, `files` says
            whether any come along.
        reply: is told when the kernel is ready, and closed before any code of a student runs.
        descriptors: the channels, where the trip-wire writes, and the files.
    """
    from .app import ForkedKernel
    from .probes import function_mode

    files = descriptors.pop() if request["files"] else -1
    *sockets, wire = descriptors
    app = ForkedKernel.instance()
    app.take_over(sockets, request["key"])
    key = observe(app, request["seed"])
    tripwire.install(wire, vars(doors), vars(function_mode))
    parcel.unpack(files)  # last: a module called torch or random must not be ours
    leave_no_trace()
    reply.send(b'{"ready": true, "seal": "%s"}' % key.hex().encode())
    reply.close()
    del key  # a frame that stays can be looked into
    app.start()


def leave_no_trace() -> None:
    """Make this process look like any notebook's, and modules beside the notebook importable."""
    for name in [n for n in sys.modules if n.partition(".")[0] == (__package__ or "")]:
        del sys.modules[name]
    sys.meta_path[:] = [f for f in sys.meta_path if type(f).__module__ != "__warm__"]
    sys.argv = [""]
    sys.path.insert(0, "")
