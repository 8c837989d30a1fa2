"""Worked examples about training, and about finding out what is wrong with one."""

from __future__ import annotations

from grader.tutor.worked.example import Worked

EXAMPLES = {
    "autograd": Worked(
        "How steep is the curve of x squared at 3?",
        """\
import torch
x = torch.tensor(3.0, requires_grad=True)
for _ in range(2):
    y = x**2          # a new graph in each pass
    x.grad = None
    y.backward()
    print(x.grad)
""",
        "backward uses up the graph it goes along, so each pass makes its own.",
    ),
    "loop-order": Worked(
        "Find the number whose square is 2, by walking downhill.",
        """\
import torch
root = torch.tensor(1.0, requires_grad=True)
walker = torch.optim.SGD([root], lr=0.1)
for _ in range(50):
    off = (root**2 - 2) ** 2  # how wrong it is now
    walker.zero_grad()        # forget the old slope
    off.backward()            # find the new one
    walker.step()             # walk
print(root)
""",
        "Each pass has all four parts, in this order.",
    ),
    "optimizer-setup": Worked(
        "Two thermometers are made, and the second one is to be set right.",
        """\
import torch
from torch import nn
first, second = nn.Linear(1, 1), nn.Linear(1, 1)
walker = torch.optim.SGD(second.parameters(), lr=0.01)
held = {id(p) for group in walker.param_groups for p in group["params"]}
print(all(id(p) in held for p in second.parameters()))
""",
        "An optimizer changes what it was given, so it is made after the model that is used.",
    ),
    "diagnosis": Worked(
        "A model of three classes always says the same; is it guessing?",
        """\
import math
import torch
from torch import nn
scores, labels = torch.zeros(6, 3), torch.tensor([0, 1, 2, 0, 1, 2])
print(nn.CrossEntropyLoss()(scores, labels), math.log(3))
print(scores.argmax(dim=1).unique())
""",
        "The loss of guessing is the logarithm of the number of classes.",
    ),
    "process": Worked(
        "A program needs a package that may be missing.",
        """\
import importlib.util
for name in ("json", "no_such_package"):
    print(name, importlib.util.find_spec(name) is not None)
""",
        "What is missing here is no mistake in the code. It is installed, or done without.",
    ),
    "notebook-hygiene": Worked(
        "A recipe is scaled for six people.",
        """\
people = 6           # set above its first use
flour = 250
print(flour / 4 * people)
""",
        "Each name is set in a line above the one that uses it, so a fresh start finds it.",
    ),
    "python": Worked(
        "The longest of some words is wanted.",
        """\
words = ["pear", "fig", "banana"]
longest = max(words, key=len)   # the function keeps its name
print(longest, len(longest))    # parentheses call it
""",
        "A result gets a name of its own. A function runs only when it is called.",
    ),
}
