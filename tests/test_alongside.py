"""What a self-check makes of runs and files, without a kernel."""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from types import CodeType, SimpleNamespace
from typing import Any

import pytest

from grader.alongside.desk import Desk
from grader.alongside.document import file_of, of_file, of_runs, read
from grader.alongside.exercises import Sorry
from grader.alongside.explaining import explained, in_a_notebook
from grader.alongside.only_a_full_run import BAD_LUCK, NO_GPU, as_far_as_it_goes
from grader.alongside.runs import last_error, latest
from grader.alongside.telling import block, is_ours, joined, sentence
from grader.assignment import load_assignment
from grader.exercises import place
from grader.grade import judge
from grader.kernel.arrival import Arrival, Telling
from grader.kernel.out_of_sight import to_keep
from grader.kernel.recorder import OWN
from grader.kernel.session import CellRun
from grader.notebook import Notebook, parse_notebook
from grader.rubric import load_rubric
from grader.scene import Scene

COURSE = Path(__file__).parents[1]


def run(source: str, cell: str = "", at: float = 0, error: str = "") -> CellRun:
    made = CellRun(run.count, cell, source)  # type: ignore[attr-defined]
    run.count += 1  # type: ignore[attr-defined]
    made.at = at
    made.error = {"ename": error, "evalue": "", "line": 1} if error else {}
    return made


run.count = 1  # type: ignore[attr-defined]


def saved(tmp_path: Path, *cells: tuple[str, str, str], at: float = 0) -> Any:  # noqa: ANN401
    path = tmp_path / "n.ipynb"
    content = [{"cell_type": kind, "id": name, "source": source} for kind, name, source in cells]
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "cells": content}))
    os.utime(path, (at, at))
    found = read(path)
    assert found is not None
    return found


def test_the_last_run_of_each_cell_counts_in_the_order_they_ran() -> None:
    runs = [run("a = 1", "x"), run("b = 1", "y"), run("a = 2", "x")]
    assert [r.source for r in latest(runs)] == ["b = 1", "a = 2"]


def test_a_cell_without_a_name_that_is_nearly_another_is_that_one_changed() -> None:
    runs = [run("weights = torch.rand(7, 7)"), run("torch.manual_seed(4)"),
            run("weights = torch.rand(7, 8)")]  # fmt: skip
    assert [r.source for r in latest(runs)] == [
        "torch.manual_seed(4)", "weights = torch.rand(7, 8)"
    ]  # fmt: skip


def test_an_error_is_the_last_until_its_cell_has_run_to_its_end() -> None:
    raised = run("1 / 0", "x", error="ZeroDivisionError")
    assert last_error([raised, run("a = 1", "y")]) is raised
    assert last_error([raised, run("1 / 1", "x")]) is None


def test_cells_are_found_in_the_file_by_their_names(tmp_path: Path) -> None:
    file = saved(tmp_path, ("markdown", "m", "# One"), ("code", "a", "x = 1"),
                 ("code", "b", "x = 2"))  # fmt: skip
    found = of_file(file, [run("x = 2", "b"), run("x = 5", "a", at=1)])
    assert [c.source for c in found.notebook.cells] == ["# One", "x = 5", "x = 2"]
    assert sorted(found.runs) == [1, 2]
    assert not found.behind


def test_cells_without_names_are_found_by_their_text(tmp_path: Path) -> None:
    file = saved(tmp_path, ("code", "", "x = torch.rand(7, 7)"), ("code", "", "y = 2"))
    found = of_file(file, [run("y = 2", at=1), run("x = torch.rand(7, 8)", at=1)])
    assert [found.runs[i].source for i in sorted(found.runs)] == ["x = torch.rand(7, 8)", "y = 2"]


def test_a_cell_that_is_not_in_the_file_yet_lies_behind_the_one_before_it(tmp_path: Path) -> None:
    file = saved(tmp_path, ("code", "a", "x = 1"), ("markdown", "m", "# Two"))
    found = of_file(file, [run("x = 1", "a", at=1), run("new", "n", at=2)])
    assert [c.source for c in found.notebook.cells] == ["x = 1", "new", "# Two"]


def test_a_cell_that_was_deleted_before_the_file_was_saved_is_gone(tmp_path: Path) -> None:
    file = saved(tmp_path, ("code", "a", "x = 1"), at=5)
    found = of_file(file, [run("x = 1", "a", at=1), run("old", "n", at=2)])
    assert [c.source for c in found.notebook.cells] == ["x = 1"]


def test_what_was_saved_and_has_not_run_is_behind(tmp_path: Path) -> None:
    file = saved(tmp_path, ("code", "a", "x = 2"), ("code", "b", "y = 1"), at=5)
    assert of_file(file, [run("x = 1", "a", at=1)]).behind == {0, 1}
    assert of_file(file, [run("x = 1", "a", at=9), run("y = 1", "b", at=9)]).behind == set()


def test_without_a_file_the_cells_that_ran_are_the_notebook() -> None:
    found = of_runs([run("a"), run("b")])
    assert [c.source for c in found.notebook.cells] == ["a", "b"]
    assert not found.saved


class Kernel:
    """Cells that ran, and nothing to ask them."""

    problem, torch, can_ask, gpu = "", "2.0", False, False

    def __init__(self, *runs: CellRun) -> None:
        self.runs = runs

    def aside(self) -> AbstractContextManager[None]:
        return nullcontext()

    def look(self) -> None: ...

    def answers(self, asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return []


def desk(*runs: CellRun, of: str = "01-workflow") -> Desk:
    """At which these cells ran, in a kernel that knows no file."""
    assignment = load_assignment(COURSE, of)
    return Desk(Kernel(*runs), assignment, load_rubric(COURSE, assignment), None)


def test_an_explained_error_is_one_of_the_exercise_whose_cell_raised() -> None:
    raised = run("X_train = torch.lnspace(0, 1, 9)", "x", error="AttributeError")
    raised.asked = "3"
    found = explained(desk(run("import torch", "y"), raised))
    assert found is not None
    assert found.exercise == "3"
    stray = run("torch.lnspace(0, 1, 9)", "z", error="AttributeError")
    found = explained(desk(raised, stray))
    assert found is not None
    assert found.exercise == ""


def test_an_explained_error_is_told_by_what_the_notebook_shows_beside_its_cell() -> None:
    raised = run("torch.lnspace(0, 1, 9)", "x", error="AttributeError")
    raised.count = 7
    said = in_a_notebook(explained(desk(raised)), "open")
    assert "where          In [7], line 1" in repr(said)
    assert "(In \\[7\\], line 1)" in said._repr_markdown_()


SOLUTIONS = sorted(COURSE.glob("assignments/0*/solution*.ipynb"))


@pytest.mark.parametrize("named", [True, False], ids=["named", "without names"])
@pytest.mark.parametrize("again", [False, True], ids=["once", "some again"])
@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_without_a_file_each_cell_of_a_solution_is_of_its_exercise(
    path: Path, again: bool, named: bool
) -> None:
    notebook = parse_notebook(path.read_bytes())
    assert isinstance(notebook, Notebook)
    assignment = load_assignment(COURSE, path.parent.name)
    placed = place(notebook, assignment).exercise
    runs = [run(cell.source, f"c{cell.index}" if named else "") for cell in notebook.code]
    if again:  # the cells in the middle run once more, the last ones first, a little changed
        runs += [run(f"{r.source}\n0", r.cell) for r in runs[-6:4:-1]]
    sitting = desk(*runs, of=path.parent.name)
    found = {r.source.removesuffix("\n0"): sitting.exercise_of(r) for r in sitting.runs()}
    assert found == {cell.source: placed[cell.index] for cell in notebook.code}
    assert len(sitting.runs()) == len(notebook.code)


def test_comments_of_different_exercises_tell_nothing() -> None:
    both = run("# Make X and y\n# Choose the loss and the optimizer\nx = 1", "a")
    assert desk(both).exercise_of(both) == ""


@pytest.mark.parametrize("content", ["", "{}", "[]", "no JSON"])
def test_a_file_that_is_no_notebook_is_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "n.ipynb"
    path.write_text(content)
    assert read(path) is None
    assert read(tmp_path / "none.ipynb") is None


def test_a_cell_that_was_made_text_is_no_answer_any_more(tmp_path: Path) -> None:
    file = saved(tmp_path, ("code", "a", "x = 1"), ("markdown", "b", "loss = 1"), at=5)
    found = of_file(file, [run("x = 1", "a", at=1), run("loss = 1", "b", at=2, error="NameError")])
    assert [found.notebook.cells[place].source for place in sorted(found.runs)] == ["x = 1"]


def test_cells_that_are_named_otherwise_than_in_the_file_are_known_by_their_text(
    tmp_path: Path,
) -> None:
    file = saved(
        tmp_path, ("code", "a", "weights = torch.rand(7, 7)"), ("code", "b", "y = 2"), at=5
    )
    runs = [run("weights = torch.rand(7, 8)", "uri#1", at=1), run("y = 2", "uri#2", at=2)]
    assert sorted(of_file(file, runs).runs) == [0, 1]


def test_the_file_is_told_by_vs_code_or_jupyter(tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    path.write_text("{}")
    assert file_of({}, {"JPY_SESSION_NAME": str(path)}) == path
    assert file_of({"__vsc_ipynb_file__": str(path)}, {}) == path
    assert file_of({}, {"JPY_SESSION_NAME": "untitled"}) is None
    assert file_of({}, {"JPY_SESSION_NAME": str(tmp_path / "gone.ipynb")}) is None


def verdicts(scene: Scene, name: str, *, gpu: bool) -> dict[str, tuple[str, str]]:
    assignment = load_assignment(COURSE, name)
    evidence = scene.evidence(assignment=name)
    rubric = as_far_as_it_goes(load_rubric(COURSE, assignment), evidence, gpu=gpu)
    judged = judge(evidence, rubric, assignment)
    return {j.criterion.id: (j.finding.verdict, j.finding.because) for j in judged}


def test_what_asks_for_a_gpu_is_not_lost_where_there_is_none() -> None:
    scene = Scene().cell("6")
    scene.tensor([2, 3], random=True)
    scene.tensor([2, 3], random=True)
    on_cpu = verdicts(scene, "00-fundamentals", gpu=False)["6.tensors"]
    assert on_cpu == ("no_evidence", NO_GPU)
    assert verdicts(scene, "00-fundamentals", gpu=True)["6.tensors"][0] == "failed"


@pytest.mark.parametrize(("asks", "verdict"), [(True, "no_evidence"), (False, "failed")])
def test_draws_of_a_gpu_that_is_not_here_are_not_those_of_the_cpu(asks: bool, verdict: str) -> None:
    scene = Scene().cell("6")
    if asks:
        scene.asks("cuda")
    scene.tensor([2, 3], random=True)
    assert verdicts(scene, "00-fundamentals", gpu=False)["6.seed"][0] == verdict


def test_what_hangs_on_luck_is_not_lost() -> None:
    assignment = load_assignment(COURSE, "02-classification")
    rubric = load_rubric(COURSE, assignment)
    kept = as_far_as_it_goes(rubric, Scene().evidence(), gpu=True).criteria
    lucky = [c.id for c in rubric.criteria if c.check.hangs_on_luck()]
    assert lucky
    assert [c.id for c in kept if getattr(c.check, "reason", "") == BAD_LUCK] == lucky


def code(name: str, file: str) -> CodeType:
    return compile("0", file, "exec").replace(co_name=name)


STUDENT, TORCH = code("cell", "/x/ipykernel_1/1.py"), code("mse_loss", "/x/torch/functional.py")
LEADS, OURS = code("handle", "/x/torch/overrides.py"), code("serve", f"{OWN}probes/x.py")


@pytest.mark.parametrize(
    ("codes", "kept"),
    [
        ([STUDENT, OURS, OURS], [True, False, False]),
        ([STUDENT, TORCH, LEADS, OURS, TORCH], [True, False, False, False, True]),
        ([STUDENT, TORCH], [True, True]),
        ([STUDENT, LEADS, TORCH], [True, True, True]),
        ([STUDENT, OURS, STUDENT], [False, False, True]),
        ([STUDENT, STUDENT], [True, True]),
        ([], []),
    ],
)
def test_ours_and_what_leads_there_is_out_of_sight(codes: list[CodeType], kept: list[bool]) -> None:
    assert to_keep(codes) == kept


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    name = "arriving_for_a_test"
    (tmp_path / f"{name}.py").write_text("value = 3\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield name
    sys.modules.pop(name, None)


def test_a_module_arrives_once_and_its_loader_is_its_own(module: str) -> None:
    before, arrived = list(sys.meta_path), list[int]()
    Arrival(module, lambda: arrived.append(sys.modules[module].value)).wait()
    assert arrived == []
    found = importlib.import_module(module)
    importlib.reload(found)
    assert arrived == [3]
    assert not isinstance(found.__loader__, Telling)
    assert found.__spec__ is not None
    assert found.__spec__.loader is found.__loader__
    assert sys.meta_path == before


def test_a_module_that_is_there_has_arrived(module: str) -> None:
    importlib.import_module(module)
    arrived: list[int] = []
    Arrival(module, lambda: arrived.append(1)).wait()
    assert arrived == [1]


def test_a_module_that_raises_has_not_arrived(module: str, tmp_path: Path) -> None:
    (tmp_path / f"{module}.py").write_text("1 / 0")
    before, arrived = list(sys.meta_path), list[int]()
    Arrival(module, lambda: arrived.append(1)).wait()
    with pytest.raises(ZeroDivisionError):
        importlib.import_module(module)
    assert arrived == []
    sys.meta_path[:] = before


def test_what_is_told_is_known_as_ours() -> None:
    told = sentence("This is told.", "q[1].check()")
    assert repr(told) == "This is told.\n  q[1].check()"
    assert told._repr_markdown_() == "This is told\\.\n\n`q[1].check()`"
    assert is_ours(repr(told))
    assert not is_ours("something else")
    assert not is_ours("\n")


def test_further_texts_are_shown_as_they_are() -> None:
    told = joined(sentence("One."), "", "a ``` b\n<b>")
    assert repr(told) == "One.\n\na ``` b\n<b>"
    assert told._repr_markdown_() == "One\\.\n\n````\na ``` b\n<b>\n````"
    assert block("x", "python") == "```python\nx\n```"


def test_where_nothing_can_be_asked_every_question_has_the_reason() -> None:
    sorry = Sorry("There is none.")
    told = [sorry[3].check(), sorry.hint(), sorry.why(), sorry.solution(), sorry.explain(),
            sorry.progress(), sorry.next(), sorry]  # fmt: skip
    assert {repr(t) for t in told} == {"There is none."}
    assert list(sorry) == []


@pytest.mark.parametrize("collects", [True, False])
def test_garbage_is_collected_again_after_a_check_if_it_was_before(collects: bool) -> None:
    desk = object.__new__(Desk)
    desk.__dict__["_kernel"] = SimpleNamespace(aside=nullcontext)
    before = gc.isenabled()
    try:
        (gc.enable if collects else gc.disable)()
        with suppress(KeyError), desk.aside():
            assert not gc.isenabled()
            raise KeyError
        assert gc.isenabled() is collects
    finally:
        (gc.enable if before else gc.disable)()
