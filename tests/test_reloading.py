"""What was saved, brought out of a kernel and made again in fresh processes.

One notebook holds an exercise for each case; the hostile ones are among them.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from grader.assignment import Assignment, Exercise, Limits
from grader.brought import Brought
from grader.evidence import Evidence
from grader.exercises import Placement
from grader.facts import CellEnded, Corroborated, FileWritten, ProbeFailed, Reloaded, Saved
from grader.notebook import Cell, Notebook
from grader.run.execute import Run, run_submission
from grader.run.loading import Loader
from grader.run.reload import reloaded
from grader.sandboxes.plain import Plain
from grader.sandboxes.sandbox import Sandbox
from grader.submission import Submission

pytestmark = pytest.mark.kernel

BEFORE = """
import io, os, pickle, struct, zipfile, torch
from pathlib import Path
from torch import nn
from beside import Block
torch.manual_seed(3)
FEATURES, device = 2, "cuda" if torch.cuda.is_available() else "cpu"
X = torch.rand(30, FEATURES); y = X.sum(dim=1, keepdim=True)
class Net(nn.Module):
    def __init__(self, inputs, width=4):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(inputs, width), nn.Dropout(0.5), nn.ReLU(),
                                    nn.Linear(width, 1))
    def forward(self, x):
        return self.layers(x)
def train(model):
    opt = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(5):
        loss = ((model(X.to(device)) - y.to(device)) ** 2).mean()
        opt.zero_grad(); loss.backward(); opt.step()
    return model
net = Net(inputs=X.shape[1], width=3 * FEATURES).to(device)
untouched = {k: v.clone() for k, v in net.state_dict().items()}
torch.manual_seed(4)
other = Net(FEATURES)
"""
TRAINED = "train(net)"
SAVE = 'torch.save(net.state_dict(), "models/{}.pt")'
CASES: dict[str, tuple[str, str]] = {
    "a state": ("reloads", SAVE.format("state")),
    "any name, an open file": ("reloads", """
with open("/tmp/no ending", "wb") as f:
    torch.save(net.state_dict(), f)
"""),
    "a checkpoint": ("reloads", """
torch.save({"epoch": 5, "model": net.state_dict(), "loss": 0.1}, Path("models") / "all.tar")
"""),
    "a checkpoint with more than tensors": ("reloads", """
import numpy as np
torch.save({"model": net.state_dict(), "score": np.float64(0.5)}, "models/more.tar")
"""),
    "whole": ("reloads", 'torch.save(net, "models/whole.pth")'),
    "pickled": ("reloads", """
with open("models/net.pkl", "wb") as f:
    pickle.dump(net, f)
"""),
    "a script": ("reloads", """
scripted = torch.jit.trace(net.eval(), X, check_trace=False)
torch.jit.save(scripted, "models/script.pt")
"""),
    "in layers": ("reloads", """
stack = nn.Sequential(Block(2, 3), nn.Tanh(), nn.Linear(3, 1)); train(stack)
torch.save(stack.state_dict(), "models/stack.pt")
"""),
    "made in a function": ("reloads", """
def build(width):
    return Net(FEATURES, width)
built = build(7); train(built)
torch.save(built.state_dict(), "models/built.pt")
"""),
    "from the middle of a loop": ("reloads", """
best = Net(FEATURES)
for _ in range(2):
    train(best); torch.save(best.state_dict(), "models/best.pt")
train(best);
"""),
    "cannot be made elsewhere": ("cannot_be_rebuilt", """
width = [int(n) for n in open("/proc/loadavg").read().split()[-1:]][0] % 5 + 9
odd = type("Net", (Net,), {})(2, width); train(odd)
torch.save(odd.state_dict(), "models/odd.pt")
"""),
    "before training": ("saved_before_training", 'torch.save(untouched, "models/early.pt")'),
    "of another": ("another_model", 'torch.save(other.state_dict(), "models/other.pt")'),
    "other keys": ("keys_differ", 'torch.save({"weight": torch.ones(2)}, "models/keys.pt")'),
    "other shapes": ("shapes_differ", """
torch.save({k: v[:1] for k, v in net.state_dict().items()}, "models/shapes.pt")
"""),
    "no model": ("not_readable", 'torch.save([1, 2], "models/list.pt")'),
    "gone": ("not_readable", SAVE.format("gone") + '\nos.remove("models/gone.pt")'),
    "came along": ("earlier_file", 'found = torch.load("models/earlier.pt")'),
    # hostile
    "runs something": ("unsafe_file", """
class Harm:
    def __reduce__(self):
        return os.system, ("touch /tmp/harm",)
torch.save(Harm(), "models/harm.pt")
"""),
    "hides what it runs": ("unsafe_file", SAVE.format("hidden") + """
with open("models/hidden.pt", "wb") as f:
    f.write(b"\\x80\\x04\\x8c\\x02os\\x94\\x8c\\x06system\\x940h\\x00h\\x01\\x93\\x8c\\x01x\\x85R.")
"""),
    "a zip bomb": ("too_large", SAVE.format("bomb") + """
with zipfile.ZipFile("models/bomb.pt", "w", zipfile.ZIP_DEFLATED) as bomb:
    for n in range(9):
        bomb.writestr(f"bomb/data/{n}", bytes(2**25))
"""),
    "sparse": ("too_large", SAVE.format("sparse") + """
with open("models/sparse.pt", "wb") as f:
    f.truncate(2**29)
"""),
    "endless strides": ("too_large", """
torch.save({"w": torch.zeros(1).expand(2**40)}, "models/strides.pt")
"""),
    "a link": ("not_readable", SAVE.format("link") + """
os.remove("models/link.pt"); os.symlink("/etc/passwd", "models/link.pt")
"""),
    "a pipe": ("not_readable", SAVE.format("pipe") + """
os.remove("models/pipe.pt"); os.mkfifo("models/pipe.pt")
"""),
    "a device": ("not_readable", 'torch.save([], "/dev/null")'),
    "changed afterwards": ("another_model", SAVE.format("changed") + """
import shutil; shutil.copy("models/other.pt", "models/changed.pt")
"""),
    "cut short": ("not_readable", SAVE.format("short") + """
with open("models/short.pt", "r+b") as f:
    f.truncate(700)
"""),
    "leaves": ("cannot_be_rebuilt", """
class Leaves:
    def __init__(self): self.kept = 1
    def __setstate__(self, state): os._exit(0)
torch.save({"net": Leaves(), "state": net.state_dict()}, "models/leaves.pt")
"""),
    "very many": ("reloads", """
for n in range(300):
    torch.save(net.state_dict(), f"models/{n}.pt")
"""),
}  # fmt: skip
EMPTY = b"\x80\x02}q\x00."
EARLIER = (
    b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03." + 2 * EMPTY + b"\x80\x02]q\x00."
)
"""An empty dictionary, in torch's older form."""
MODULE = b"""
from torch import nn
class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)
    def forward(self, x):
        return self.linear(x)
"""


@pytest.fixture(scope="module")
def run(fence: Sandbox) -> Run:
    """The run of all cases; nothing loaded yet."""
    cells = [BEFORE, TRAINED, *(code for _, code in CASES.values())]
    notebook = Notebook(tuple(Cell(i, "code", source) for i, source in enumerate(cells)))
    names = ["before", "trained", *CASES]
    placement = Placement(dict(enumerate(names)), frozenset(range(len(cells))), (), True)
    submission = Submission("s", Path("s.ipynb"), "0" * 64, notebook, files=along())
    return run_submission(submission, assignment(), placement, fence)


def along() -> tuple[Brought, ...]:
    """What comes along with the hand-in."""
    return (Brought("beside.py", MODULE), Brought("models/earlier.pt", EARLIER))


def assignment() -> Assignment:
    """An exercise for each case, which is to be loaded again."""
    exercises = [Exercise(id=n, title=n, reload=True) for n in ("before", "trained", *CASES)]
    return Assignment(id="a", title="a", exercise=exercises)


@pytest.fixture(scope="module")
def evidence(run: Run, fence: Sandbox) -> Evidence:
    """What became of everything."""
    return reloaded(run.evidence, run.files, along(), assignment(), fence)


@pytest.mark.parametrize("case", CASES)
def test_what_becomes_of_a_file(evidence: Evidence, case: str) -> None:
    found = evidence.of(case, Reloaded)
    blind = [p.problem for p in evidence.of(case, ProbeFailed) if p.probe == "files"]
    endings = [(e.ename, e.evalue) for e in evidence.endings(case)]
    told = [(f.outcome, f.why, f.differs, f.predicts) for f in found]
    assert {f.outcome for f in found} == {CASES[case][0]}, (told, endings, blind)


ALIKE = ["a state", "any name, an open file", "a checkpoint", "whole",
         "a checkpoint with more than tensors", "pickled", "in layers",
         "a script", "made in a function", "very many"]  # fmt: skip


@pytest.mark.parametrize("case", ALIKE)
def test_it_predicts_what_the_live_model_does(evidence: Evidence, case: str) -> None:
    found = evidence.of(case, Reloaded)[-1]
    assert (found.predicts, found.same_state) == ("alike", True)


def test_of_a_state_that_no_model_has_any_more_nothing_is_compared(evidence: Evidence) -> None:
    (found,) = evidence.of("from the middle of a loop", Reloaded)
    assert (found.made, found.predicts, found.same_state) == ("class", "not_compared", False)


def test_a_model_that_cannot_be_made_elsewhere_still_has_its_state(evidence: Evidence) -> None:
    (found,) = evidence.of("cannot be made elsewhere", Reloaded)
    assert (found.same_state, found.made, found.predicts) == (True, "copy", "alike")


@pytest.mark.parametrize(
    ("case", "form", "by"),
    [
        ("a state", "state_dict", "torch.save"),
        ("a checkpoint", "checkpoint", "torch.save"),
        ("whole", "model", "torch.save"),
        ("pickled", "model", "pickle"),
        ("a script", "script", "torch.jit.save"),
    ],
)
def test_what_a_file_holds(evidence: Evidence, case: str, form: str, by: str) -> None:
    (found,) = evidence.of(case, Reloaded)
    saved = evidence.of(case, Saved)[-1]
    assert (found.holds, saved.by, found.saved) == (form, by, saved.seq)


def test_what_differs_and_what_would_run_is_named(evidence: Evidence) -> None:
    (keys,) = evidence.of("other keys", Reloaded)
    (shapes,) = evidence.of("other shapes", Reloaded)
    (harm,) = evidence.of("runs something", Reloaded)
    (hidden,) = evidence.of("hides what it runs", Reloaded)
    assert {"weight", "layers.0.weight"} <= set(keys.differs)
    assert "layers.0.weight" in shapes.differs
    assert harm.differs == ["posix.system"]
    assert hidden.differs == ["os.system"]


def test_bytes_come_out_as_they_are(run: Run) -> None:
    for file in run.files:
        if file.data is not None:
            assert file.fact.sha256 == hashlib.sha256(file.data).hexdigest()
            assert file.fact.size == len(file.data)


@pytest.mark.parametrize("case", ["a link", "a pipe", "a device", "gone", "sparse"])
def test_of_what_is_no_file_of_that_size_no_byte_comes_out(run: Run, case: str) -> None:
    (file,) = [f for f in run.files if f.fact.exercise == case]
    assert (file.data, file.fact.sha256, file.fact.why != "") == (None, None, True)


def test_of_many_files_the_last_ones_come_out_and_a_few_are_loaded(evidence: Evidence) -> None:
    written = evidence.of("very many", FileWritten)
    assert [f.path for f in written] == [f"models/{n}.pt" for n in range(292, 300)]
    assert len(evidence.of("very many", Reloaded)) == 4
    assert any("more than 8 files" in p.problem for p in evidence.of("very many", ProbeFailed))


def test_a_claim_that_the_file_bears_out_is_corroborated(evidence: Evidence) -> None:
    held = {seq for c in evidence.everywhere(Corroborated) if c.how == "held" for seq in c.claims}
    honest = {evidence.of(c, Saved)[-1].seq for c in ("a state", "a checkpoint", "before training")}
    lying = {s.seq for c in ("changed afterwards", "cut short") for s in evidence.of(c, Saved)}
    assert honest <= held
    assert not lying & held


def test_the_run_goes_on_as_if_nobody_had_looked(evidence: Evidence) -> None:
    wrong = {e.exercise: e.evalue for e in evidence.everywhere(CellEnded) if e.ending != "finished"}
    assert wrong == {}


def test_an_assignment_that_does_not_ask_brings_nothing_out(run: Run, fence: Sandbox) -> None:
    quiet = Assignment(id="a", title="a", exercise=[Exercise(id="a state", title="a")])
    assert reloaded(run.evidence, (), (), quiet, fence).facts == run.evidence.facts


def test_without_a_fence_it_is_a_process_of_its_own() -> None:
    with Loader(Plain(1), Limits(), along(), EARLIER) as loader:
        assert (loader.read().form, loader.rebuild([], []).made) == ("pickle", None)
