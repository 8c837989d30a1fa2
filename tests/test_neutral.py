"""Other ways to write a solution: what is edited, what stays, and what comes out as cells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grader.assignment import load_assignment
from grader.catalogue import variations
from grader.errors import AuthorError
from grader.mutating import as_notebook, varied
from grader.notebook import Notebook, parse_cell, parse_notebook
from grader.planting import Solution
from grader.variation import NEW_CELL, Variation

ROOT = Path(__file__).parents[1]
WAYS = {one.name: one for one in variations()}
COURSE = ("00-fundamentals", "01-workflow", "02-classification")


def written(name: str, *cells: str) -> list[list[str]]:
    """The cells after each way in which a variation writes them."""
    solution = Solution.of(cells, [None] * len(cells))
    return [solution.with_edits(mutant.edits) for mutant in WAYS[name].vary(solution)]


def test_variations_are_found_and_say_what_they_change() -> None:
    assert len(WAYS) >= 9
    for one in WAYS.values():
        assert isinstance(one, Variation)
        assert one.changes[0].isupper()
        assert not one.changes.endswith(".")


@pytest.mark.parametrize("name", WAYS)
def test_each_variation_writes_a_solution_of_the_course_otherwise(name: str) -> None:
    made = [
        change
        for chapter in COURSE
        for path in sorted((ROOT / "assignments" / chapter).glob("solution*.ipynb"))
        for change in varied(path, load_assignment(ROOT, chapter), [WAYS[name]])
    ]
    assert made
    for change in made:
        assert change.by == name
        assert change.exercises
        assert "+" in change.diff
        assert all(parse_cell(c.source) is not None for c in change.cells if c.kind == "code")
        assert not any(NEW_CELL in c.source for c in change.cells)


@pytest.mark.parametrize("name", WAYS)
def test_no_variation_invents_what_a_solution_does_not_hold(name: str) -> None:
    assert written(name, "import torch", "") == []
    assert written(name, "this is no Python") == []


def test_variables_are_renamed_wherever_they_stand() -> None:
    [worded, lettered] = written("renamed variables", "a = 1\nb = a + 1", "def f():\n    return a")
    assert worded == ["my_a = 1\nmy_b = my_a + 1", "def f():\n    return my_a"]
    assert lettered == ["v1_ = 1\nv2_ = v1_ + 1", "def f():\n    return v1_"]


@pytest.mark.parametrize(
    "kept",
    ["f(a=a)", "def g(a): return a", "import a", "class C:\n    a = 1\nglobals()['a']",
     "def a(): pass", "def g():\n    global a"],
)  # fmt: skip
def test_a_name_that_may_mean_something_else_is_kept(kept: str) -> None:
    for cells in written("renamed variables", "a = 1", kept, "b = 2"):
        assert cells[:2] == ["a = 1", kept]


def test_a_name_of_pythons_own_is_kept() -> None:
    [worded, _] = written("renamed variables", "max = 1\nb = max")
    assert worded == ["max = 1\nmy_b = max"]


def test_a_new_name_takes_no_other_name_away() -> None:
    [worded, _] = written("renamed variables", "a = 1\ndef my_a():\n    return 2\nb = a")
    assert worded == ["a = 1\ndef my_a():\n    return 2\nmy_b = a"]


def test_letters_of_more_than_one_byte_do_not_shift_names() -> None:
    [worded, _] = written("renamed variables", "ä = 'öß'; b = ä")
    assert worded == ["my_ä = 'öß'; my_b = my_ä"]


def test_lines_that_need_each_other_stay_in_order() -> None:
    name = "reordered lines"
    assert written(name, "a = 1\nb = 2") == [["b = 2\na = 1"]]
    assert written(name, "a = 1\nb = a") == []
    assert written(name, "a = b\nb = 2") == []
    assert written(name, "a = 1\na = 2") == []
    assert written(name, "a = 1; b = 2") == []
    assert written(name, "a = torch.rand(2)\nb = torch.rand(2)") == []
    assert written(name, "a = 1\nb = 2\nc = 3") == [["b = 2\na = 1\nc = 3"]]


LOOP = """\
for epoch in range(3):
    logits = model(x).squeeze(dim=1)
    loss = loss_fn(logits, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()"""


def test_each_half_of_the_data_has_its_backward() -> None:
    [[loop]] = written("gradient accumulation", LOOP)
    assert loop.split("\n")[4:6] == [
        "    for half in (slice(None, None, 2), slice(1, None, 2)):",
        "        (loss_fn(model(x[half]).squeeze(dim=1), y[half]) / 2).backward()",
    ]
    assert written("gradient accumulation", LOOP.replace("(logits, y)", "(logits, y, w)")) == []
    assert written("gradient accumulation", LOOP.replace("model(x)", "model(x, y)")) == []


def test_the_model_of_the_optimizer_clears() -> None:
    made = "optimizer = torch.optim.SGD(net.parameters(), lr=0.1)"
    [[_, loop]] = written("the model clears", made, LOOP)
    assert "    net.zero_grad()\n" in loop
    other = "optimizer = torch.optim.SGD(other.parameters(), lr=0.1)"
    assert written("the model clears", made, other, LOOP) == []


def test_a_loss_with_settings_stays_a_module() -> None:
    name = "functional loss"
    assert written(name, "import torch\nf = nn.L1Loss()") == [
        ["import torch\nf = torch.nn.functional.l1_loss"]
    ]
    assert written(name, "import torch\nf = nn.L1Loss(reduction='sum')") == []
    assert written(name, "from torch import nn\nf = nn.L1Loss()") == []


def test_what_others_read_of_a_loop_stays_global() -> None:
    [[loop, after]] = written("a function around the loop", LOOP, "print(loss)")
    assert loop.startswith("def run_the_training():\n    global loss\n    for epoch in range(3):\n")
    assert loop.endswith("\n\n\nrun_the_training()")
    assert after == "print(loss)"
    assert written("a function around the loop", LOOP + '\n    """\n  text"""') == []


def test_cells_are_parted_above_comments_and_decorators() -> None:
    cell = "a = 1\n# about f\n@d\ndef f():\n    pass\nb = 2"
    [[middle], [everywhere]] = written("split cells", cell)
    assert middle == cell.replace("\nb = 2", f"\n{NEW_CELL}\nb = 2")
    assert everywhere == (
        f"a = 1\n{NEW_CELL}\n# about f\n@d\ndef f():\n    pass\n{NEW_CELL}\nb = 2"
    )
    assert written("split cells", "a = 1; b = 2") == []


def test_a_figure_is_not_parted_from_what_is_drawn_into_it() -> None:
    cell = "x = [1, 2]\nfig, axes = plt.subplots()\naxes.plot(x)\nx.append(3)"
    [[middle], [everywhere]] = written("split cells", cell)
    assert middle == everywhere
    assert middle.split("\n")[1:3] == [NEW_CELL, "fig, axes = plt.subplots()"]
    assert middle.count(NEW_CELL) == 1


MODEL = """\
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.first = nn.Linear(2, {a})
        self.last = nn.Linear({b}, 2)"""


@pytest.mark.parametrize(
    ("a", "b", "changes"),
    [("hidden", "hidden", {"hidden=8": "hidden=16"}), ("24", "24", {"24": "48"}),
     ("24", "2", {}), ("hidden", "8", {})],
)  # fmt: skip
def test_hidden_layers_alone_become_wider(a: str, b: str, changes: dict[str, str]) -> None:
    model = MODEL.format(a=a, b=b)
    wider = model
    for old, new in changes.items():
        wider = wider.replace(old, new)
    assert written("other layer sizes", model) == ([[wider]] if changes else [])


def test_sizes_in_a_list_are_those_of_a_class_of_the_notebook() -> None:
    model = "class Net(nn.Module):\n    pass"
    [[_, made]] = written("other layer sizes", model, "Net([2, 8, 8, 1])")
    assert made == "Net([2, 16, 16, 1])"
    assert written("other layer sizes", model, "torch.zeros([2, 8, 1])") == []


def test_results_are_shown_the_other_way() -> None:
    name = "shown another way"
    assert written(name, "print(a)\nprint(a, b)") == [["display(a)\na, b"]]
    assert written(name, "a\nb, c") == [["a\nprint(b, c)"]]
    assert written(name, "print(a, end='')\nprint(*a)\nfit(a)") == []


def test_a_parted_cell_is_two_cells_of_the_same_exercise() -> None:
    path = ROOT / "assignments/00-fundamentals/solution.ipynb"
    assignment = load_assignment(ROOT, "00-fundamentals")
    plain = parse_notebook(path.read_bytes())
    assert isinstance(plain, Notebook)
    for change in varied(path, assignment, [WAYS["split cells"]]):
        assert len(change.cells) > len(plain.cells)
        again = parse_notebook(as_notebook(change.cells).encode())
        assert isinstance(again, Notebook)
        assert again.cells == change.cells
        assert json.loads(as_notebook(change.cells))["nbformat"] == 4


def test_a_solution_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "solution.ipynb"
    path.write_text("{}")
    with pytest.raises(AuthorError, match=r"solution\.ipynb"):
        list(varied(path, load_assignment(ROOT, "00-fundamentals"), variations()))
