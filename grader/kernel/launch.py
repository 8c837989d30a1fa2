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
from .observer import Observer
from .probes import accelerator, loads, seeds
from .probes.devices import ServedDevice
from .probes.saved_files import SavedFiles
from .recorder import Fact, Recorder
from .seal import Seal


def observer_of(app: Any, seed: int) -> tuple[Observer, Challenges]:
    """The probes in an application's shell, over a GPU that is served by the CPU.

    Args:
        app: an initialised IPKernelApp.
        seed: where every random generator starts.
    """
    import numpy as np
    import torch

    recorder = Recorder()
    served = ServedDevice(torch, recorder, seed)
    accelerator.install(torch, served, recorder)
    loads.install(torch, served)
    torch.default_generator.manual_seed(seed)
    np.random.seed(seed % 2**32)
    random.seed(seed)
    seeds.install(torch, served, recorder)
    callables, files = CallableProbe(app.shell.user_ns), SavedFiles()
    observer = Observer(app.shell.user_ns, torch, recorder, served, files, callables)
    challenges = Challenges(
        type(app.iopub_thread), torch, recorder, observer.models, callables, files,
        observer.operations.only_serve,
    )  # fmt: skip
    app.shell.events.register("pre_run_cell", door(observer.cell_starts))
    app.shell.events.register("post_run_cell", door(observer.cell_ran))
    observer.start()
    return observer, challenges


def observe(app: Any, seed: int) -> bytes:
    """Put the probes into an initialised application's shell, and answer the host's questions.

    Returns:
        The key that the answers are sealed with.
    """
    observer, challenges = observer_of(app, seed)
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
        ("challenge", challenges.answers),
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
    gc.freeze()  # it would be gone through after every cell
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
