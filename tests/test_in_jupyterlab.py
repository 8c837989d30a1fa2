"""A student's half hour in JupyterLab, in seconds: a start, a check that fails, a hint, a pass."""

from __future__ import annotations

from pathlib import Path

import pytest
import skips
from lab import Lab, running
from playwright.sync_api import Locator, expect, sync_playwright
from test_in_a_browser import FOUND

from grader.assignment import load_assignment
from grader.releasing import release
from grader.rubric import load_rubric

COURSE = Path(__file__).parents[1]
ID = "01-workflow"
START = f'from grader import selfcheck\n\nq = selfcheck.start("{ID}")'
BEFORE = {
    "# Start with the imports": "import torch\nfrom torch import nn",
    "# Make X and y": """\
X = torch.linspace(0, 1, 100).unsqueeze(dim=1)
y = 0.3 * X + 0.9
X_train, X_test, y_train, y_test = X[:80], X[80:], y[:80], y[80:]""",
    "# Write the class": """\
class Line(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(1, 1)

    def forward(self, x):
        return self.layer(x)""",
    "# Make an instance": "torch.manual_seed(42)\nmodel = Line()",
    "# Choose the loss": """\
loss_fn = nn.L1Loss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)""",
}
LOOP = "# Train for 300 epochs"
TRAIN = """\
# Train for 300 epochs, and test every 20
for epoch in range(300):
    model.train()
    loss = loss_fn(model(X_train), y_train)
    {clear}loss.backward()
    optimizer.step()
    if epoch % 20 == 0:
        model.eval()
        with torch.inference_mode():
            test_loss = loss_fn(model(X_test), y_test)"""
FORGOTTEN, MENDED = TRAIN.format(clear=""), TRAIN.format(clear="optimizer.zero_grad()\n    ")


def give_out(folder: Path) -> None:
    """Write what students get of the assignment into a folder."""
    assignment = load_assignment(COURSE, ID)
    for name, data in release(COURSE, assignment, load_rubric(COURSE, assignment)).files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def work(lab: Lab) -> list[Locator]:
    """Do what the story tells; gives what the check, the hint and the second check show."""
    lab.insert(0, START)
    lab.run(0)
    for given, source in BEFORE.items():
        number = lab.number_of(given)
        lab.write(number, source)
        lab.run(number)
    loop = lab.number_of(LOOP)
    lab.write(loop, FORGOTTEN)
    lab.run(loop)
    shown = []
    for below, question in enumerate(("q[3].check()", "q[3].hint()"), 1):
        lab.insert(loop + below, question)
        shown.append(lab.run(loop + below))
    lab.write(loop, MENDED)
    lab.run(loop)
    lab.insert(loop + 3, "q[3].check()")
    return [*shown, lab.run(loop + 3)]


@pytest.mark.kernel
@pytest.mark.slow
@pytest.mark.skipif(FOUND is None, reason=skips.BROWSER)
def test_a_check_fails_a_hint_helps_and_a_check_passes(tmp_path: Path) -> None:
    for name in ("course", "home"):
        (tmp_path / name).mkdir()
    give_out(tmp_path / "course")
    with running(tmp_path / "course", tmp_path / "home") as server, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=FOUND)
        lab = Lab(browser.new_page(), server, f"assignments/{ID}/starter.ipynb")
        failed, hint, passed = work(lab)
        expect(failed).to_contain_text("gradients are never cleared")
        expect(failed).to_contain_text("practice, not a grade")
        expect(hint).to_contain_text("where to look")
        expect(passed).to_contain_text("✓ 3 Train it, and test it on the way: correct")
        browser.close()
    assert len((tmp_path / "home" / "grader" / "events.jsonl").read_text().splitlines()) == 3
