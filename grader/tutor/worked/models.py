"""Worked examples about models, their layers and outputs, losses and metrics."""

from __future__ import annotations

from grader.tutor.worked.example import Worked

EXAMPLES = {
    "nn-module": Worked(
        "A model turns a length in feet into meters, and learns how.",
        """\
import torch
from torch import nn
class Converter(nn.Module):
    def __init__(self):
        super().__init__()
        self.factor = nn.Parameter(torch.ones(1))
    def forward(self, feet):
        return feet * self.factor
print(Converter().state_dict())
""",
        "What is to be learned is a parameter on self. forward uses it and returns the result.",
    ),
    "activation": Worked(
        "A model gives 0 below freezing and grows above it.",
        """\
import torch
from torch import nn
straight = nn.Sequential(nn.Linear(1, 4), nn.Linear(4, 1))
bent = nn.Sequential(nn.Linear(1, 4), nn.ReLU(), nn.Linear(4, 1))
x = torch.tensor([[-1.0], [0.0], [1.0]])
for model in (straight, bent):
    y = model(x).squeeze()
    print((y[1] - y[0]) - (y[2] - y[1]))  # 0 means: a straight line
""",
        "Without something between them, two linear layers are one straight line.",
    ),
    "logits-probs-labels": Worked(
        "A model scores three letters for being spam or not.",
        """\
import torch
logits = torch.tensor([-2.0, 0.3, 4.0])     # any numbers
probs = torch.sigmoid(logits)               # between 0 and 1
labels = probs.round()                      # 0 or 1
print(logits, probs, labels)
""",
        "Each step makes something else of the one before. A logit of 0 stands for one half.",
    ),
    "loss-choice": Worked(
        "How good is a guess of a weight, and how good one of a yes or no?",
        """\
import torch
from torch import nn
kilos, true = torch.tensor([70.0]), torch.tensor([72.5])
print(nn.L1Loss()(kilos, true))               # a distance
score, answer = torch.tensor([1.5]), torch.tensor([1.0])
print(nn.BCEWithLogitsLoss()(score, answer))  # takes the raw score
""",
        "A number is judged by its distance, a class by its score. The guess comes first.",
    ),
    "metrics": Worked(
        "The mean rain of a week is wanted, told day by day.",
        """\
rain = [[1.0, 3.0], [0.0, 2.0], [4.0, 8.0]]
total, count = 0.0, 0
for day in rain:
    total += sum(day)
    count += len(day)
print(total / count)
""",
        "The sum grows inside the loop. It is divided once, after it.",
    ),
    "train-eval-mode": Worked(
        "A model with dropout is asked twice for the same thing.",
        """\
import torch
from torch import nn
model = nn.Dropout(0.5)
x = torch.ones(6)
model.train()
print(model(x))   # some are dropped, by chance
model.eval()
print(model(x))   # none is
""",
        "The mode stays as it was set last, until the other one is called.",
    ),
    "inference-context": Worked(
        "A price is predicted, and nothing is to be learned from it.",
        """\
import torch
from torch import nn
model = nn.Linear(2, 1)
house = torch.tensor([[120.0, 4.0]])
print(model(house).requires_grad)
with torch.inference_mode():
    print(model(house).requires_grad)
""",
        "Inside the block nothing is recorded. What is to be learned from stands outside.",
    ),
}
