"""What was saved to a file and loaded from one: `torch.save`, `torch.load`, `load_state_dict`.

Other ways to save a model are seen too: TorchScript, safetensors where it is installed, and
pickle where what it is given is a model or a state.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import pickle
from collections.abc import Callable
from typing import Any

from ..doors import after
from ..recorder import Recorder, sendable
from .models import ModelProbe
from .states import digest_of, entries_of, state_in

MOST_ENTRIES = 200


class SaveProbe:
    """Describes what goes to files and what comes back.

    Args:
        recorder: where the descriptions go.
        torch: the torch module.
        models: describes the models.
        files: remembers where something was saved, see `SavedFiles`.
    """

    def __init__(self, recorder: Recorder, torch: Any, models: ModelProbe, files: Any) -> None:
        self._recorder = recorder
        self._torch = torch
        self._models = models
        self._files = files
        save, load = after(self._saved, torch.save), after(self._loaded, torch.load)
        for owner in (torch, torch.serialization):
            owner.save, owner.load = save, load
        for script in (torch.jit.RecursiveScriptModule, torch.jit.ScriptModule):
            script.save = after(self._by("torch.jit.save"), script.save)
        torch.jit.save = after(self._script_saved, torch.jit.save)
        pickle.dump = after(self._pickled, pickle.dump)
        if importlib.util.find_spec("safetensors") is not None:
            tensors: Any = importlib.import_module("safetensors.torch")
            tensors.save_file = after(self._by("safetensors"), tensors.save_file)
        module = torch.nn.Module
        module.load_state_dict = after(self._taken_over, module.load_state_dict)

    def _saved(self, done: None, obj: Any, f: Any, *args: Any, **kwargs: Any) -> None:
        self._tell("saved", obj, file_of(f), by="torch.save")

    def _by(self, way: str) -> Callable[..., None]:
        """Tells of something saved by a function whose arguments are what, and where to."""

        def saved(done: None, *args: Any, **kwargs: Any) -> None:
            given = dict(zip(("tensors", "filename"), args, strict=False)) | kwargs
            where = given.get("filename", given.get("f"))
            self._tell("saved", given.get("tensors"), file_of(where), by=way)

        return saved

    def _script_saved(self, done: None, m: Any, f: Any, *args: Any, **kwargs: Any) -> None:
        """A script that goes to a path is saved by its own method, which is seen."""
        if not isinstance(f, (str, os.PathLike)):
            self._tell("saved", m, file_of(f), by="torch.jit.save")

    def _pickled(self, done: None, obj: Any, file: Any, *args: Any, **kwargs: Any) -> None:
        if self._models.is_model(obj) or state_in(obj, self._torch) is not None:
            self._tell("saved", obj, file_of(file), by="pickle")

    def _loaded(self, loaded: Any, f: Any, *args: Any, **kwargs: Any) -> None:
        self._tell("loaded", loaded, file_of(f))

    def _taken_over(self, keys: Any, module: Any, *args: Any, **kwargs: Any) -> None:
        self._into(module)

    def _tell(self, kind: str, value: Any, path: str | None, **more: str) -> None:
        if self._recorder.resting:
            return
        try:
            with self._torch._C.DisableTorchFunction():
                self._recorder.add(kind, path=path, **more, **self._contents(value))
            if kind == "saved" and path is not None:
                self._files.note(path)
        except Exception as problem:
            self._recorder.fail("saves", f"{type(problem).__name__}: {problem}")

    def _contents(self, value: Any) -> dict[str, Any]:
        state = state_in(value, self._torch)
        if self._models.is_model(value):
            holds, entries = "model", list(entries_of(value, self._torch))
        elif state is not None:
            holds = "state_dict" if state is value else "checkpoint"
            entries = list(state.items())
        else:
            holds, entries = "other", []
        shapes = [[sendable(n[:100]), list(t.shape)[:16]] for n, t in entries[:MOST_ENTRIES]]
        digest = digest_of(entries, self._torch) if entries else None
        return {"holds": holds, "entries": shapes, "state": digest}

    def _into(self, module: Any) -> None:
        if self._recorder.resting:
            return
        try:
            with self._torch._C.DisableTorchFunction():
                state = digest_of(list(entries_of(module, self._torch)), self._torch)
                self._recorder.add("state_loaded", model=self._models.see(module), state=state)
        except Exception as problem:
            self._recorder.fail("saves", f"{type(problem).__name__}: {problem}")


def file_of(target: Any) -> str | None:
    """The path of what was given for a file; None for something that is none."""
    if not isinstance(target, (str, os.PathLike)):
        target = getattr(target, "name", None)
    if isinstance(target, (str, os.PathLike)):
        return sendable(str(os.fspath(target))[:500])
    return None
