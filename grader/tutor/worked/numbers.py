"""Worked examples about tensors, their shapes, types, seeds and devices, and about data."""

from __future__ import annotations

from grader.tutor.worked.example import Worked

EXAMPLES = {
    "tensor-ops": Worked(
        "Prices without tax are to get 20 % on top.",
        """\
import torch
net = torch.tensor([10.0, 25.0, 4.0])
net.mul(1.2)          # makes a new tensor, and nobody keeps it
gross = net.mul(1.2)  # keeps it
print(net, gross)
""",
        "An operation leaves the tensor as it was. What it returns needs a name.",
    ),
    "matmul-shape": Worked(
        "Four people buy three kinds of fruit; what does each pay?",
        """\
import torch
bought = torch.tensor([[2.0, 0, 1], [1, 1, 1], [0, 3, 0], [5, 0, 0]])  # 4 people, 3 kinds
price = torch.tensor([[0.5, 0.8, 1.2]])                                # 1 row, 3 kinds
pays = bought @ price.T                                                # (4, 3) @ (3, 1)
print(pays.shape)
""",
        "The inner sizes are both 3, the kinds of fruit. The outer ones make the result.",
    ),
    "shape": Worked(
        "How far is each guess from the true height?",
        """\
import torch
guess = torch.tensor([[1.7], [1.8], [1.6]])  # a column, [3, 1]
true = torch.tensor([1.75, 1.80, 1.50])      # a row, [3]
print((guess - true).shape)                  # a table, [3, 3]
print((guess.squeeze(1) - true).shape)       # one number for each person
""",
        "A column and a row make a table. With one shape for both, each is held against its own.",
    ),
    "dtype": Worked(
        "The mean number of children in five families is wanted.",
        """\
import torch
children = torch.tensor([2, 0, 1, 3, 1])
print(children.dtype)           # int64, and int64 has no fractions
print(children.float().mean())
""",
        "Whole numbers are made floating-point before anything divides them.",
    ),
    "device": Worked(
        "Two lists of distances are to be added, on whatever device there is.",
        """\
import torch
device = "cuda" if torch.cuda.is_available() else "cpu"
morning = torch.tensor([3.0, 5.0]).to(device)
evening = torch.tensor([4.0, 1.0]).to(device)
print((morning + evening).device)
""",
        "Both are moved, and what the move returns is kept under the name.",
    ),
    "seed": Worked(
        "Three dice are to fall the same way each time the program runs.",
        """\
import torch
torch.manual_seed(5)
first = torch.randint(1, 7, (3,))
second = torch.randint(1, 7, (3,))  # goes on where the first ended
torch.manual_seed(5)
again = torch.randint(1, 7, (3,))
print(first, second, again)
""",
        "The seed stands before the draw. Each draw moves on, and the same seed starts anew.",
    ),
    "data-split": Worked(
        "Ten days of weather: seven to learn from, three to test on.",
        """\
import torch
days = torch.arange(10)
cut = int(0.7 * len(days))
learn, test = days[:cut], days[cut:]
print(learn, test, len(learn) + len(test))
""",
        "One cut serves both parts, so no day is in both and none is lost.",
    ),
    "save-load": Worked(
        "The settings of a scale are to be kept in a file.",
        """\
import tempfile
import torch
from torch import nn
scale = nn.Linear(1, 1)
with tempfile.TemporaryDirectory() as folder:
    torch.save(scale.state_dict(), f"{folder}/scale.pth")
    other = nn.Linear(1, 1)
    other.load_state_dict(torch.load(f"{folder}/scale.pth"))
print(torch.equal(scale(torch.ones(1)), other(torch.ones(1))))
""",
        "The file holds numbers. A new model of the same kind takes them over, and is compared.",
    ),
}
