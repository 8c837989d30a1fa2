"""The private folder a kernel lives in."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STAND_INS = ("pip", "pip3", "conda", "mamba", "uv", "git", "wget", "curl", "nvidia-smi", "apt",
             "apt-get", "sudo", "brew", "npm", "kaggle", "gdown", "ssh", "scp", "rsync",
             "systemctl", "shutdown", "reboot", "crontab", "at", "docker")  # fmt: skip
STAND_IN = '#!/bin/sh\necho "[not run while grading] $(basename "$0") $*"\n'


@contextmanager
def kernel_folder() -> Iterator[Path]:
    """A folder with home/, tmp/, work/ and bin/ in it, gone afterwards.

    bin/ holds stand-ins for programs that need a network or change the machine: they say so and
    succeed, so that `!pip install` costs nobody a cell.
    """
    folder = Path(tempfile.mkdtemp(prefix="grader-"))
    try:
        for name in ("home", "tmp", "work", "bin"):
            (folder / name).mkdir()
        first = folder / "bin" / STAND_INS[0]
        first.write_text(STAND_IN)
        first.chmod(0o755)
        for name in STAND_INS[1:]:
            (folder / "bin" / name).symlink_to(first)
        copy_font_list(folder / "home" / ".matplotlib")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def copy_font_list(target: Path) -> None:
    """Matplotlib's list of fonts, if this user has one: building it takes seconds."""
    target.mkdir()
    for found in (Path.home() / ".cache" / "matplotlib").glob("fontlist-*.json"):
        shutil.copy(found, target)
