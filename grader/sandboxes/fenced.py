"""Kernels that are forks of a warm parent, each behind a fence of its own.

Plain nbclient and papermill users get it through a kernelspec that names the provisioner:

    {"argv": [], "display_name": "fenced", "language": "python",
     "metadata": {"kernel_provisioner": {"provisioner_name": "grader-fenced"}}}
"""

from __future__ import annotations

import asyncio
import atexit
import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import traitlets
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase

import grader
from grader.assignment import Limits
from grader.sandboxes.fork import Fork
from grader.sandboxes.layout import chain, sight, where_python_is_told
from grader.sandboxes.parcels import NONE
from grader.sandboxes.warm_parent import PRELOAD, WarmParent

NAME = "grader-fenced"
LISTENING = (1, 2, 3, 4)
"""Ports of shell, iopub, stdin and control. There is no heartbeat: the host sees the process."""
READY_S = 60.0
PROGRAMS = "/opt/bin"
OPEN_FILES = 1024


class FencedProvisioner(KernelProvisionerBase):
    """Starts a kernel as a fenced fork of a warm parent.

    jupyter_client makes one for each kernel, finds it through the entry point
    `jupyter_client.kernel_provisioners`, calls `pre_launch` and `launch_kernel` to start it, and
    `poll`, `send_signal`, `kill` and `cleanup` from then on.

    Attributes:
        limits: what the kernel may use, as in an assignment's `[limits]`.
        seed: where its random generators start.
        hidden: folders that it must not see, should they lie where Python lies.
        trips: descriptor on which the kernel's trip-wire is heard; -1 without a kernel.
        seal: the key its answers are sealed with; empty without a kernel.
    """

    limits: traitlets.Dict[str, Any] = traitlets.Dict()
    seed = traitlets.Int(0)
    hidden: traitlets.List[str] = traitlets.List()

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._fork: Fork | None = None
        self._folder = Path()
        self._address = ""
        self._key = secrets.token_hex(32)
        self.trips = -1
        self.seal = b""
        self._killed = False

    @property
    def has_process(self) -> bool:
        """Whether there is a kernel."""
        return self._fork is not None

    @property
    def pid(self) -> int:
        """The kernel's process number on the host, 0 without one."""
        return self._fork.pid if self._fork else 0

    @property
    def taken(self) -> bool:
        """Whether the machine ended the kernel: with the warm parent, or for want of memory.

        The first process of a namespace cannot kill itself, so a kill that was not ours is the
        system's.
        """
        ended = self._fork.ended() if self._fork else None
        if ended is None or self._fork is None:
            return False
        return self._fork.forsaken or (ended.status == -signal.SIGKILL and not self._killed)

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Listen where the kernel will answer: after a restart, where the last one did."""
        kwargs = await super().pre_launch(cmd=[], **kwargs)
        warm = self._warm()
        warm.start()
        if not self._folder.is_relative_to(warm.folder):  # or that is another one by now
            self._folder = Path(tempfile.mkdtemp(dir=warm.folder / "runs"))
        if self.parent is not None:  # jupyter_client writes one in any case
            self.parent.connection_file = str(self._folder / "connection.json")
        self._address = warm.address(self._folder / "k")
        kwargs["sockets"] = [listening(f"{self._address}-{port}") for port in LISTENING]
        return kwargs

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork the kernel.

        Raises:
            HostError: a facility of the fence is missing.
        """
        sockets: list[socket.socket] = kwargs["sockets"]
        warm = self._warm()
        files = self._files()
        request = {"work": "launch", "key": self._key, "seed": self.seed, "terms": self._terms(),
                   "files": bool(files)}  # fmt: skip
        self.trips, wire = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            fork = warm.fork(request, [*(s.fileno() for s in sockets), wire, *files])
            try:
                await asyncio.get_running_loop().run_in_executor(None, fork.wait_ready, READY_S)
            except BaseException:
                fork.close()
                raise
            self._fork, self._killed = fork, False
            self.seal = bytes.fromhex(fork.told["seal"])
        finally:
            os.close(wire)
            for listener in sockets:
                listener.close()
        self.connection_info = {
            "transport": "ipc", "ip": self._address, "key": self._key.encode(),  # type: ignore[typeddict-item]
            "signature_scheme": "hmac-sha256", "shell_port": 1, "iopub_port": 2, "stdin_port": 3,
            "control_port": 4, "hb_port": 5,
        }  # fmt: skip
        return self.connection_info

    def _warm(self) -> WarmParent:
        """The batch's warm parent, or one that this process keeps for whoever has none."""
        specs = getattr(self.parent, "kernel_spec_manager", None)
        return specs.warm if isinstance(specs, FencedSpecs) else kept_warm()

    def _files(self) -> list[int]:
        """The descriptor of what comes along with a hand-in, if anything does."""
        specs = getattr(self.parent, "kernel_spec_manager", None)
        return [specs.files] if isinstance(specs, FencedSpecs) and specs.files != NONE else []

    def _terms(self) -> dict[str, Any]:
        return fence_terms(self._warm(), Limits.model_validate(self.limits), self.hidden)

    async def poll(self) -> int | None:
        """Its exit status; None while it runs."""
        ended = self._fork.ended() if self._fork else None
        return None if ended is None and self._fork else (ended.status if ended else 0)

    async def wait(self) -> int | None:
        """Wait for its end."""
        while (status := await self.poll()) is None:
            await asyncio.sleep(0.002)
        return status

    async def send_signal(self, signum: int) -> None:
        """A signal for the kernel; an interrupt reaches the programs it started too."""
        if self._fork and signum == signal.SIGINT:
            self._fork.interrupt()
        elif self._fork:
            self._fork.send(signum)

    async def kill(self, restart: bool = False) -> None:
        """End it and everything in its namespaces at once."""
        if self._fork:
            self._killed = self._killed or self._fork.ended() is None
            self._fork.send(signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:
        """The first process of a namespace hears no polite signal."""
        await self.kill(restart)

    async def cleanup(self, restart: bool = False) -> None:
        """Forget the kernel, and its folder too unless another one follows in it."""
        if self._fork:
            self._fork.close()
            self._fork = None
        if self.trips >= 0:
            os.close(self.trips)
            self.trips = -1
        if self._folder != Path() and not restart:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = Path()


class FencedSpecs(KernelSpecManager):
    """The one kernel there is, without a kernelspec file on disk.

    Args:
        warm: forks the kernels.
        seed: where the kernel's random generators start.
        limits: what it may use.
        hidden: folders it must not see.

    Attributes:
        files: descriptor of what lies in its working folder.
    """

    def __init__(self, warm: WarmParent, seed: int, limits: Limits, hidden: list[str]) -> None:
        super().__init__()
        self.warm = warm
        self.files = NONE
        self._config = {"seed": seed, "limits": limits.model_dump(), "hidden": hidden}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """How to start our kernel, whatever kernel the hand-in names."""
        provisioner = {"provisioner_name": NAME, "config": self._config}
        return KernelSpec(
            argv=[], display_name="grader", language="python",
            metadata={"kernel_provisioner": provisioner},
        )  # fmt: skip


def fence_terms(warm: WarmParent, limits: Limits, hidden: Iterable[str]) -> dict[str, Any]:
    """The terms of one fence, as `kernel.fence.terms` reads them."""
    ours = [str(Path(grader.__file__).parent), str(warm.folder), *hidden]
    seen = sight(warm.python, warm.elsewhere, ours)
    return {
        "base": str(warm.folder / "root"),
        "readable": [*((f, f) for f in seen.shown), (str(warm.folder / "bin"), PROGRAMS)],
        "hidden": seen.hidden,
        "disk_mb": limits.disk_mb,
        "files": limits.files,
        "processes": limits.processes,
        "memory_mb": limits.memory_mb,
        "open_files": OPEN_FILES,
        "cpu_s": int(limits.run_cpu_s) + 60,
        "hostname": secrets.token_hex(6),
    }


def environment(threads: int) -> dict[str, str]:
    """Environment of a fenced kernel: nothing of ours but where Python's packages lie."""
    count = str(threads)
    python = dict.fromkeys(str(Path(p).parent) for p in chain(sys.executable))
    return {
        **where_python_is_told(),
        "LANG": "C.UTF-8",
        "PATH": ":".join([PROGRAMS, *python, "/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": "/home/student",
        "USER": "student",
        "SHELL": "/bin/bash",
        "TERM": "xterm-color",
        "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": count,
        "MKL_NUM_THREADS": count,
        "OMP_WAIT_POLICY": "PASSIVE",  # a thread that waits must not use up CPU time
        "OPENBLAS_NUM_THREADS": "1",  # its threads would already run in the warm parent
        "JE_ARROW_MALLOC_CONF": "background_thread:false",  # as pandas does with pyarrow
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PIP_NO_INDEX": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "TORCHDYNAMO_DISABLE": "1",  # torch.compile gives back what it was given
    }


def listening(address: str) -> socket.socket:
    """A unix socket that clients can connect to from now on."""
    Path(address).unlink(missing_ok=True)  # of a kernel that this one follows
    made = socket.socket(socket.AF_UNIX)
    made.bind(address)
    made.listen(8)
    return made


_kept: list[WarmParent] = []


def kept_warm() -> WarmParent:
    """A warm parent for kernels that nobody runs in a batch: one for this process.

    Jupyter gives a provisioner nothing that outlives its kernel, hence the module's variable.
    """
    if not _kept:
        _kept.append(WarmParent(PRELOAD, environment(1)))
        atexit.register(_kept[0].close)
    return _kept[0]
