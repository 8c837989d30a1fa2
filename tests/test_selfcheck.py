"""Self-check in a kernel: what a student types, and what comes back."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from kernels import COURSE, Shown, run_cells, start

pytestmark = pytest.mark.kernel

LOOP = """\
%%check 3
loss_fn = torch.nn.L1Loss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for epoch in range(300):
    model.train()
    loss = loss_fn(model(X_train), y_train)
    {clear}
    loss.backward()
    optimizer.step()
    if epoch % 20 == 0:
        model.eval()
        with torch.inference_mode():
            print(loss_fn(model(X_test), y_test))"""
STORY = {
    "asked before": "from grader import selfcheck\nselfcheck.explain()",
    "misspelt": "q = selfcheck.start('01-workflw', course={course!r})",
    "asked all the same": "q[3].check()",
    "start": "q = selfcheck.start('01-workflow', course={course!r})",
    "torch": "import sys\n'torch' in sys.modules",
    "too early": "q[3].why()",
    "no such exercise": "q[99].check()",
    "data": """\
%%check 1
import torch
import matplotlib.pyplot as plt
X = torch.linspace(0, 1, 50).unsqueeze(dim=1)
y = 0.3 * X + 0.9
X_train, y_train, X_test, y_test = X[:40], y[:40], X[40:], y[40:]
plt.scatter(X_train, y_train); plt.scatter(X_test, y_test); plt.show()""",
    "why": "q[1].why()",
    "solution": "q[1].solution()",
    "model": """\
%%check 2
class Line(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)
    def forward(self, x):
        return self.layer(x)
torch.manual_seed(42)
model = Line()
model.state_dict()""",
    "forgotten": LOOP.format(clear=""),
    "hint": "q[3].hint()",
    "again": "q[3].hint()",
    "mended": LOOP.format(clear="optimizer.zero_grad()"),
    "after": "q[3].hint()",
    "opened": "q[3].solution()",
    "error": "X @ X",
    "explained": "selfcheck.explain()",
    "line": "%check 2",
    "progress": "q.progress()",
    "next": "selfcheck.next()",
    "all": "q",
    "in the cell": "%%check\nx = 1",
    "left": "x",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def story(home: Path) -> dict[str, Shown]:
    cells = [source.replace("{course!r}", repr(str(COURSE))) for source in STORY.values()]
    return dict(zip(STORY, run_cells(cells, home), strict=True))


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("asked before", "Start with the assignment you are working on."),
        ("misspelt", "did you mean '01-workflow'?"),
        ("asked all the same", "did you mean '01-workflow'?"),
        ("start", "Self-check is on: PyTorch workflow, exercises 1 to 5"),
        ("start", "Practice, not a grade"),
        ("torch", "False"),
        ("too early", "There is no check to explain yet."),
        ("no such exercise", "no exercise '99' that can be checked; known: 1, 2, 3, 4, 5"),
        ("data", "2 of 3 checks passed"),
        ("data", "with 50 points → expected y = 0.3 X + 0.9 with at least 100 points (In [8])"),
        ("data", "This is practice, not a grade."),
        ("why", "✓ a figure of both parts"),
        ("why", "✗ at least 100 points"),
        ("solution", "The solution opens when the exercise is correct"),
        ("model", "✓ 2 A model with a weight and a bias: correct"),
        ("forgotten", "gradients are never cleared"),
        ("forgotten", "(In [12], line 9: optimizer.step())"),  # of the cell, its %%check line too
        ("hint", "where to look"),
        ("mended", "✓ 3 Train it, and test it on the way: correct"),
        ("after", "Exercise 3 needs no hint"),
        ("opened", "loss.backward()"),
        ("error", "mat1 and mat2 shapes cannot be multiplied"),
        ("explained", "the shapes of a matrix product do not fit"),
        ("explained", "X [50, 1]"),
        ("line", "✓ 2 A model with a weight and a bias: correct"),
        ("progress", "2 of 5 exercises solved"),
        ("next", "q[1].check()"),
        ("all", "3 Train it, and test it on the way: q[3].check()"),
        ("in the cell", "q[1].check()"),
        ("left", "1"),
    ],
)
def test_what_a_student_types_is_answered(story: dict[str, Shown], cell: str, said: str) -> None:
    assert said in " ".join(story[cell].plain.split())


def test_nothing_but_the_student_s_own_mistake_ends_in_a_traceback(
    story: dict[str, Shown],
) -> None:
    assert {name: shown.error for name, shown in story.items() if shown.error} == {
        "error": "RuntimeError"
    }


def test_a_traceback_shows_none_of_ours(story: dict[str, Shown]) -> None:
    assert "grader" not in story["error"].plain


def test_a_hint_stays_until_the_code_has_changed(story: dict[str, Shown]) -> None:
    assert story["again"].plain == story["hint"].plain


def test_answers_have_a_markdown_face(story: dict[str, Shown]) -> None:
    assert story["data"].markdown.strip().startswith("**◐ 1")
    assert story["explained"].markdown.strip().startswith("**RuntimeError")
    assert "```python" in story["opened"].markdown
    assert "|---|" in story["progress"].markdown


def test_what_was_asked_is_remembered_without_a_name(story: dict[str, Shown], home: Path) -> None:
    lines = [json.loads(line) for line in (home / "events.jsonl").read_text().splitlines()]
    kinds = [(e["kind"], e.get("exercise"), e.get("outcome")) for e in lines]
    assert kinds[:4] == [
        ("check", "1", "partly"), ("check", "2", "correct"), ("check", "3", "partly"),
        ("hint", "3", None),
    ]  # fmt: skip
    assert len({e["learner"] for e in lines}) == 1
    assert str(COURSE) not in str(lines)


SOLUTIONS = [
    pytest.param("00-fundamentals", True, id="00 with its file"),
    pytest.param("00-fundamentals", False, id="00, cells alone"),
    pytest.param("01-workflow", True, id="01 with its file"),
    pytest.param("01-workflow", False, id="01, cells alone"),
    pytest.param("02-classification", True, id="02 with its file", marks=pytest.mark.soak),
    pytest.param("02-classification", False, id="02, cells alone", marks=pytest.mark.soak),
]


@pytest.mark.parametrize(("assignment", "beside"), SOLUTIONS)
def test_a_solution_is_correct_as_far_as_it_can_be_told(
    assignment: str, beside: bool, tmp_path: Path
) -> None:
    path = COURSE / "assignments" / assignment / "solution.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    ask = "[(e._id, e.check(), e._looked and e._looked.found.verdict) for e in q]"
    *_, last = run_cells([start(assignment), *sources, ask], tmp_path, path if beside else None)
    verdicts = dict(re.findall(r"\('(\d+)',.*?'(\w+)'\)", last.plain, re.DOTALL))
    told = re.sub(r"\s+", " ", last.plain)
    assert set(verdicts.values()) <= {"correct", "unknown"}, last.plain
    unknown = {e for e, v in verdicts.items() if v == "unknown"}
    assert unknown == {"00-fundamentals": {"6"}, "01-workflow": {"5"}}.get(assignment, set())
    assert told.count("look at") == 0


def test_it_runs_where_python_has_nothing_that_windows_lacks(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("without_unix.py"), COURSE],
        capture_output=True, text=True, timeout=120, check=False,
        env={"GRADER_HOME": str(tmp_path), "PATH": "", "HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert "✓ 2  A random 7 by 7 tensor: correct" in done.stdout
    assert "drawn under seed 0" in done.stdout
    assert "models and functions cannot be asked here" in done.stdout


def test_outside_a_notebook_it_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    from grader import selfcheck

    exercises = selfcheck.start("01-workflow", COURSE)
    assert "grader check NOTEBOOK" in capsys.readouterr().out
    assert "grader check NOTEBOOK" in repr(exercises[3])


def test_importing_it_imports_nothing_else_of_ours() -> None:
    code = "import sys, grader.selfcheck; print([m for m in sys.modules if 'grader' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['grader', 'grader.selfcheck']"
