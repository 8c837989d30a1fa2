"""The probes of one kernel, from cell to cell: what both grading and self-check see by."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable
from typing import Any

from .callables import CallableProbe
from .probes.errors import ErrorProbe
from .probes.models import ModelProbe
from .probes.names import NameProbe
from .probes.plots import PlotProbe
from .probes.saves import SaveProbe
from .probes.tensors import TensorProbe
from .recorder import Fact, Recorder


class Observer:
    """Puts the probes in place, and gathers what they see of each cell.

    Args:
        namespace: the student's global names.
        torch: the torch module.
        recorder: takes the facts.
        served: knows where tensors lie; a `ServedDevice`, or a `RealDevice`.
        files: is told where something was saved; a `SavedFiles`, or nothing that keeps it.
        callables: knows what each cell bound.
        collect: frees what is only part of a cycle, whenever Python would notice.
    """

    def __init__(
        self, namespace: dict[str, Any], torch: Any, recorder: Recorder, served: Any, files: Any,
        callables: CallableProbe, collect: Callable[[], object] = gc.collect,
    ) -> None:  # fmt: skip
        from .probes.operations import OperationProbe
        from .probes.training import TrainingProbe
        from .probes.training_loops import TrainingLoops

        self.recorder = recorder
        tensors = TensorProbe(recorder, torch, served.of)
        self._tensors = tensors
        self.models = ModelProbe(recorder, torch, served.of)
        self._errors = ErrorProbe(recorder, torch, served.of)
        self.names = NameProbe(namespace, tensors, self.models)
        self.operations = OperationProbe(recorder, tensors, served)
        self._loops = TrainingLoops(self.operations, recorder, pretends=served.pretends)
        self._training = TrainingProbe(
            recorder, torch, tensors, self.models, served, self._loops.stepped
        )
        self.files = files
        SaveProbe(recorder, torch, self.models, files)
        self._plots = PlotProbe(recorder)
        self.callables = callables
        self._collect = collect
        self.operations.watch()

    def start(self) -> None:
        """What is there by now is none of the student's."""
        self.names.remember()
        self.callables.cell_ended(-1)

    def cell_starts(self, info: Any) -> None:
        """A cell is about to run."""
        self._plots.cell_starts(info)
        self._loops.cell_starts(info)

    def cell_ran(self, result: Any) -> None:
        """A cell ran."""
        self._loops.cell_ended()
        with self._seeing("errors"):
            self._errors.look(result.error_in_exec)
        self.look(() if result.result is None else (result.result,))

    def look(self, shown: Iterable[Any] = ()) -> None:
        """See what the running cell has bound and done by now, and what it showed at its end."""
        with self._seeing("names"):
            self.names.look()
            for value in shown:
                self.names.shown(value)
            self._training.tell()
            self.models.tell()
            self._collect()
            self._tensors.mark_kept()

    def facts(self, cell: int) -> list[Fact]:
        """What was seen since the last call, in a cell of this index; a new cell starts."""
        facts = self.recorder.drain()
        self._tensors.new_cell()
        self.files.cell_ended()
        with self._seeing("names"):
            self.names.remember()
            self.callables.cell_ended(cell)
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
