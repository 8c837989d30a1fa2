"""A plain fresh process: clean environment and private folders, and no fence at all.

Good for code you trust. Other people's code can read and write whatever you can.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

import traitlets
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from grader.assignment import Limits
from grader.brought import Brought
from grader.sandboxes.channels import capped_context
from grader.sandboxes.fonts import copy_font_list
from grader.sandboxes.parcels import NONE, parcel
from grader.sandboxes.sandbox import Clean, Kernel
from grader.sandboxes.stand_ins import put_stand_ins
from grader.sandboxes.temporary import temporary_folder

NAME = "grader-plain"
START = Path(__file__).resolve().parent.parent / "kernel" / "start.py"
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
KEPT = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT", "TZ")


class PlainProvisioner(LocalProvisioner):
    """Starts the kernel as a child process with nothing of our environment.

    jupyter_client makes one for each kernel, finds it through the entry point
    `jupyter_client.kernel_provisioners`, and calls `pre_launch` before the process starts.

    Attributes:
        threads: that torch may use.
    """

    threads = traitlets.Int(1)

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Launch arguments with a clean environment in place of ours."""
        asked = kwargs.pop("env", {})
        kwargs = await super().pre_launch(**kwargs, env=asked)
        kwargs["env"] = clean_environment(Path(kwargs["cwd"]).parent, self.threads)
        return kwargs

    async def cleanup(self, restart: bool = False) -> None:
        """Wait for the killed process, and forget it."""
        await self.wait()
        await super().cleanup(restart)


def clean_environment(folder: Path, threads: int) -> dict[str, str]:
    """Environment of a kernel that lives in folder; ours does not pass through.

    Stand-ins for programs that would change the machine come first on PATH. No GPU is visible:
    device requests are served by the CPU, the same on every machine.
    """
    kept = {k: os.environ[k] for k in KEPT if k in os.environ}
    python = str(Path(sys.executable).parent)
    home = str(folder / "home")
    return {
        "LANG": "C.UTF-8",
        **kept,
        "PATH": os.pathsep.join(
            [str(folder / "bin"), python, "/usr/local/bin", "/usr/bin", "/bin"]
        ),
        "HOME": home,
        "TMPDIR": str(folder / "tmp"),
        "IPYTHONDIR": str(folder / "home" / ".ipython"),
        "MPLCONFIGDIR": str(folder / "home" / ".matplotlib"),
        "PYTHONHASHSEED": "0",
        **dict.fromkeys(THREADS, str(threads)),
        "OMP_WAIT_POLICY": "PASSIVE",  # a thread that waits must not use up CPU time
        "PIP_NO_INDEX": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "TORCHDYNAMO_DISABLE": "1",  # torch.compile gives back what it was given
    }


class Plain:
    """Kernels without a fence, each a process of its own in a folder of its own.

    Args:
        threads: that torch may use in each.
    """

    name = "none"

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self.closed = False
        self.notes: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def clean(self) -> Clean:
        """A process of its own that computes claims again."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-P", str(START), "replaying", str(theirs.fileno())],
                pass_fds=[theirs.fileno()], env=clean_environment(Path("/nonexistent"), 1),
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip

        def close() -> None:
            process.kill()
            process.wait()

        return Clean(ours, close)

    def loader(self, limits: Limits, files: Sequence[Brought]) -> Clean:
        """A process of its own that loads a saved file, in a folder of its own."""
        ours, theirs = socket.socketpair()
        opened = ExitStack()
        with opened, theirs:
            folder = opened.enter_context(kernel_folder())
            sent = opened.enter_context(parcel(files))
            process = subprocess.Popen(
                [sys.executable, "-P", str(START), "reloading", str(theirs.fileno()), str(sent)],
                pass_fds=[theirs.fileno(), sent], env=clean_environment(folder, 1),
                cwd=folder / "work", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )  # fmt: skip
            kept = opened.pop_all()

        def close() -> None:
            process.kill()
            process.wait()
            kept.close()

        return Clean(ours, close)

    def close(self) -> None:
        """End the batch; a kernel that still runs is ended by its own run."""
        self.closed = True

    @contextmanager
    def kernel(self, seed: int, limits: Limits, files: Sequence[Brought] = ()) -> Iterator[Kernel]:
        """A fresh process for one hand-in."""
        context = capped_context()
        try:
            with (
                kernel_folder() as folder, (folder / "kernel.log").open("wb") as log,
                parcel(files) as sent,
            ):  # fmt: skip
                manager = AsyncKernelManager(
                    context=context, transport="ipc", ip=str(folder / "k"), kernel_name="grader",
                    connection_file=str(folder / "c.json"),
                    kernel_spec_manager=PlainSpecs(seed, self._threads, sent),
                )  # fmt: skip
                options = {"cwd": str(folder / "work"), "stdout": log, "stderr": log,
                           "pass_fds": [sent] if sent != NONE else []}  # fmt: skip
                yield Kernel(manager, options)
        finally:
            context.destroy(linger=0)


@contextmanager
def kernel_folder() -> Iterator[Path]:
    """A folder with home/, tmp/, work/ and bin/ in it, gone afterwards."""
    folder = temporary_folder(short=True)
    try:
        for name in ("home", "tmp", "work", "bin"):
            (folder / name).mkdir()
        put_stand_ins(folder / "bin")
        copy_font_list(folder / "home" / ".matplotlib")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class PlainSpecs(KernelSpecManager):
    """The one kernel there is, without a kernelspec file on disk.

    Args:
        seed: where the kernel's random generators start.
        threads: that torch may use.
        files: descriptor of what comes along.
    """

    def __init__(self, seed: int, threads: int, files: int) -> None:
        super().__init__()
        self._seed = seed
        self._threads = threads
        self._files = files

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """How to start our kernel, whatever kernel the hand-in names."""
        return KernelSpec(
            argv=[
                sys.executable,
                "-P",
                str(START),
                "{connection_file}",
                str(self._seed),
                str(self._files),
            ],
            display_name="grader",
            language="python",
            metadata={
                "kernel_provisioner": {
                    "provisioner_name": NAME,
                    "config": {"threads": self._threads},
                }
            },
        )
