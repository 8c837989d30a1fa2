"""The habits of Colab: `google.colab`, and paths below `/content`.

`/content` is the working folder there. Here it is mapped to the kernel's working folder for the
functions that notebooks open and list files with, unless the machine really has a `/content`.
"""

from __future__ import annotations

import builtins
import functools
import io
import os
import sys
import types
from collections.abc import Callable
from typing import Any

CONTENT = "/content"
ONE_PATH = ("chdir", "mkdir", "listdir", "scandir", "stat", "lstat", "remove", "unlink", "rmdir",
            "access", "chmod", "utime")  # fmt: skip
TWO_PATHS = ("rename", "replace", "link", "symlink")


def install(shell: Any) -> None:
    """Make `import google.colab` and `/content/...` work in the shell's namespace."""
    modules()
    if not os.path.isdir(CONTENT):
        paths(os.getcwd(), shell.user_ns)


def modules() -> None:
    """A `google.colab` whose functions accept what notebooks pass and change nothing."""
    try:
        import google
    except ImportError:
        google = types.ModuleType("google")
        google.__path__ = []
        sys.modules["google"] = google
    colab = module("google.colab")
    colab.__path__ = []
    google.colab = colab
    drive = module("google.colab.drive")
    drive.mount = mount
    drive.flush_and_unmount = nothing
    files = module("google.colab.files")
    files.upload = lambda *args, **kwargs: {}
    files.download = nothing
    userdata = module("google.colab.userdata")
    userdata.get = lambda key: ""
    output = module("google.colab.output")
    output.clear = nothing
    patches = module("google.colab.patches")
    patches.cv2_imshow = nothing
    for part in (drive, files, userdata, output, patches):
        setattr(colab, part.__name__.rsplit(".", 1)[1], part)


def mount(mountpoint: str = f"{CONTENT}/drive", **options: object) -> None:
    """An empty drive at the place the notebook names, if that is below `/content`."""
    if str(mountpoint).startswith(CONTENT):
        os.makedirs(os.path.join(mountpoint, "MyDrive"), exist_ok=True)
    print(f"Mounted at {mountpoint}")


def module(name: str) -> Any:
    """A new module, already imported."""
    made = types.ModuleType(name, "Stands for Colab's module while grading.")
    sys.modules[name] = made
    return made


def nothing(*args: object, **kwargs: object) -> None:
    """Accept every call."""


def paths(folder: str, namespace: dict[str, Any]) -> None:
    """Send paths below `/content` to folder.

    IPython puts an `open` of its own into the namespace, besides the built-in one.
    """

    def here(path: Any) -> Any:
        text = os.fspath(path) if isinstance(path, os.PathLike) else path
        if not isinstance(text, str) or not text.startswith(CONTENT):
            return path
        if text == CONTENT or text.startswith(CONTENT + "/"):
            below = text[len(CONTENT) :].lstrip("/")
            return os.path.join(folder, below) if below else folder
        return path

    def mapped(function: Callable[..., Any], count: int) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            return function(*(here(a) for a in args[:count]), *args[count:], **kwargs)

        return call

    builtins.open = mapped(builtins.open, 1)
    io.open = builtins.open
    if "open" in namespace:
        namespace["open"] = mapped(namespace["open"], 1)
    for name in ONE_PATH:
        setattr(os, name, mapped(getattr(os, name), 1))
    for name in TWO_PATHS:
        setattr(os, name, mapped(getattr(os, name), 2))
    import torch

    torch.save = saving(torch.save, here)
    torch.load = mapped(torch.load, 1)


def saving(save: Callable[..., Any], here: Callable[[Any], Any]) -> Callable[..., Any]:
    """torch.save, whose path is its second argument."""

    @functools.wraps(save)
    def call(obj: Any, f: Any, *args: Any, **kwargs: Any) -> Any:
        return save(obj, here(f), *args, **kwargs)

    return call
