"""A plain fresh process: clean environment and private folders, and no fence at all.

Good for code you trust. Other people's code can read and write whatever you can.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, ClassVar

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

NAME = "grader-plain"
START = Path(__file__).resolve().parent.parent / "kernel" / "start.py"
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
"""At most two threads, so that a limit in CPU time means the same on every machine."""
KEPT = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT", "TZ")


class PlainProvisioner(LocalProvisioner):
    """Starts the kernel as a child process with nothing of our environment.

    jupyter_client makes one for each kernel, finds it through the entry point
    `jupyter_client.kernel_provisioners`, and calls `pre_launch` before the process starts.
    """

    fit_for_strangers: ClassVar[bool] = False

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Launch arguments with a clean environment in place of ours."""
        asked = kwargs.pop("env", {})
        kwargs = await super().pre_launch(**kwargs, env=asked)
        kwargs["env"] = clean_environment(Path(kwargs["cwd"]).parent)
        return kwargs


def clean_environment(folder: Path) -> dict[str, str]:
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
        **dict.fromkeys(THREADS, str(min(2, os.cpu_count() or 1))),
        "PIP_NO_INDEX": "1",
        "CUDA_VISIBLE_DEVICES": "",
    }


class PlainSpecs(KernelSpecManager):
    """The one kernel there is, without a kernelspec file on disk.

    Args:
        seed: where the kernel's random generators start.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._seed = seed

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """How to start our kernel, whatever kernel the hand-in names."""
        return KernelSpec(
            argv=[sys.executable, "-P", str(START), "{connection_file}", str(self._seed)],
            display_name="grader",
            language="python",
            metadata={"kernel_provisioner": {"provisioner_name": NAME}},
        )
