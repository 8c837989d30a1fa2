"""Lines that no cell has any more, written again as their use and the task tell.

Each is what somebody who took the course would write who sees how a name is used: something that is
called and gives a loss, something that steps, something that is trained.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from scripted_page import Page


def written_again(page: Page, name: str) -> Iterator[str]:
    """Lines that set a name at the top level of a cell, the likeliest first."""
    uses = "\n".join(page.cells[i] for i in page.code if i >= page.cell)
    for seen, lines in USES:
        if re.search(seen.replace("NAME", rf"\b{name}"), uses, re.MULTILINE):
            yield from lines(page, name)


def optimizer(page: Page, name: str) -> Iterator[str]:
    """An optimizer of the model that the cell calls, as the task wants it."""
    task = task_above(page)
    models = re.findall(r"^\s*(\w*model\w*)\.train\(|(\w*model\w*)\(", page.here, re.MULTILINE)
    model = next((a or b for a, b in models), "model")
    rate = next(iter(re.findall(r"learning rate of ([\d.]*\d)", task)), "0.1")
    for kind in ("SGD",) if re.search("SGD|stochastic", task) else ("Adam", "SGD"):
        of_kind = rate if kind == "SGD" else "0.01"
        yield f"{name} = torch.optim.{kind}({model}.parameters(), lr={of_kind})"


def instance(page: Page, name: str) -> Iterator[str]:
    """An instance of a class of models, the nearest above first."""
    above = "\n".join(page.cells[i] for i in page.code if i <= page.cell)
    for made in re.findall(r"^class (\w+)\((?:torch\.)?nn\.Module\)", above, re.MULTILINE)[::-1]:
        yield f"{name} = {made}().to(device)" if "device = " in above else f"{name} = {made}()"


def loss(page: Page, name: str) -> Iterator[str]:
    """The loss that the task asks for."""
    task = task_above(page)
    if re.search(r"L1|absolute", task):
        yield f"{name} = nn.L1Loss()"
    elif re.search(r"three classes|several classes", task):
        yield f"{name} = nn.CrossEntropyLoss()"
    else:
        yield f"{name} = nn.BCEWithLogitsLoss()"


def folder(page: Page, name: str) -> Iterator[str]:
    """A folder for files."""
    yield f'{name} = Path("models")'


def product(page: Page, name: str) -> Iterator[str]:
    """The matrix product of the two last tensors above that were drawn."""
    above = "\n".join(page.cells[i] for i in page.code if i <= page.cell)
    drawn = list(dict.fromkeys(re.findall(r"^(\w+) = torch\.rand\(", above, re.MULTILINE)))[-2:]
    if len(drawn) == 2 and "product" in task_above(page):
        yield f"{name} = {drawn[0]} @ {drawn[1]}.T"


def drawn(page: Page, name: str) -> Iterator[str]:
    """A random tensor of the sizes in the task."""
    for sizes in re.findall(r"(\d+) by (\d+)|shape \((\d+), (\d+)\)", task_above(page))[:2]:
        yield f"{name} = torch.rand({', '.join(s for s in sizes if s)})"


def tensor(page: Page, name: str) -> Iterator[str]:
    """A tensor of what was made and is used nowhere yet."""
    text = "\n".join(page.cells[i] for i in page.code)
    upto = "\n".join(page.cells[i] for i in page.code if i <= page.cell)
    names = re.findall(r"^((?:\w+, )*\w+) = ", upto, re.MULTILINE)
    for made in dict.fromkeys(n for group in names[::-1] for n in group.split(", ")):
        if len(re.findall(rf"\b{made}\b", text)) == 1:
            yield f"{name} = torch.tensor({made}, dtype=torch.float32)"
            yield f"{name} = torch.tensor({made})"


def accuracy(page: Page, name: str) -> Iterator[str]:
    """A function that tells the share of labels that are right."""
    several = re.search(r"three classes|several classes", task_above(page))
    right = ("logits.argmax(dim=1) == targets" if several
             else "(logits > 0) == (targets > 0.5)")  # fmt: skip
    yield f"def {name}(logits, targets):\n    return ({right}).float().mean().item()\n"


def decision(page: Page, name: str) -> Iterator[str]:
    """A function that tells the trained model's label of each point."""
    above = "\n".join(page.cells[i] for i in page.code if i <= page.cell)
    several = re.search(r"three classes|several classes", task_above(page))
    models = re.findall(r"^(\w*model\w*) = ", above, re.MULTILINE)
    label = "argmax(dim=1)" if several else "squeeze(dim=1).sigmoid().round()"
    for model in models[:-2:-1]:
        yield (f"def {name}(grid):\n    {model}.eval()\n    with torch.inference_mode():\n"
               f"        return {model}(grid.to(device)).{label}.cpu()\n")  # fmt: skip


def figure(page: Page, name: str) -> Iterator[str]:
    """A function that draws both parts of the data, and predictions where there are any."""
    yield (f"def {name}(*predicted):\n    plt.scatter(X_train, y_train)\n"
           "    plt.scatter(X_test, y_test)\n    for one in predicted:\n"
           "        plt.scatter(X_test, one)\n    plt.show()\n")  # fmt: skip


def of_formula(page: Page, name: str) -> Iterator[str]:
    """The function of the task, as a fraction of exponentials."""
    if "exponential" in task_above(page):
        above, below = "torch.exp(x) - torch.exp(-x)", "torch.exp(x) + torch.exp(-x)"
        yield f"def {name}(x):\n    return ({above}) / ({below})\n"


def line_of_numbers(page: Page, name: str) -> Iterator[str]:
    """Numbers along a line."""
    yield f"{name} = torch.linspace(-5, 5, 100)"


USES = (
    (r"NAME\.(?:zero_grad|step)\b", optimizer),
    (r"NAME\.(?:state_dict|load_state_dict|parameters|eval|train)\b", instance),
    (r"loss\w* = NAME\(", loss),
    (r"NAME\.mkdir\b", folder),
    (r"accuracy \{NAME\(|acc\w* = NAME\(", accuracy),
    (r"\w*regions\(NAME,", decision),
    (r"^NAME\((?:\w+\.cpu\(\))?\)", figure),
    (r"plt\.plot\(\w+, NAME\(", of_formula),
    (r"plt\.plot\(NAME,", line_of_numbers),
    (r"train_test_split\((?:\w+, )*NAME\b", tensor),
    (r"^NAME(?:, NAME\.shape)?$|NAME @", product),
    (r"^NAME(?:, NAME\.shape)?$|NAME @", drawn),
)
"""How a name is used, and what writes a line that sets it."""


def task_above(page: Page) -> str:
    """The text of the task that the cell answers."""
    texts = [page.cells[i] for i in range(page.cell) if i not in page.code]
    return texts[-1] if texts else ""
