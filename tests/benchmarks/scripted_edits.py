"""What a scripted student does to training loops, seeds and predictions, having read hints."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scripted_page import Edit, Page, indent_of, nearest, sub


def loop_in_order(page: Page) -> Iterator[Page]:
    """Clears, goes backward and steps, in this order, after the line that computes the loss."""
    for index in nearest(page, r"for .*:"):
        text = page.cells[index]
        known = re.findall(r"(\w+)\.(?:zero_grad|step)\b", text)
        made = re.findall(r"(\w+) = torch\.optim\.", "\n".join(page.cells))
        lines = text.split("\n")
        computed = [i for i, n in enumerate(lines) if re.match(r"\s+loss\w* = ", n)]
        if not computed or not (known or made):
            continue
        optimizer = (known or made[::-1])[0]
        at = computed[0]
        name = lines[at].split("=")[0].strip()
        space = indent_of(lines[at])
        first, rest = lines[: at + 1], lines[at + 1 :]
        of_loop = r"\.zero_grad\b|\.backward\b|\.step\b(?!\w)"
        first = [n for n in first if not re.search(of_loop, n)]
        cut = next((i for i, n in enumerate(rest) if "eval()" in n or "inference" in n), len(rest))
        rest = [n for i, n in enumerate(rest) if i >= cut or not re.search(of_loop, n)]
        new = [f"{space}{optimizer}.zero_grad()", f"{space}{name}.backward()",
               f"{space}{optimizer}.step()"]  # fmt: skip
        yield page.with_cell("\n".join([*first, *new, *rest]), index)


def seed_once(page: Page) -> Iterator[Page]:
    """Sets the seed of the task once, at the top of the cell that draws."""
    tasks = " ".join(page.cells[i] for i in range(page.cell) if i not in page.code)[-900:]
    used = re.findall(r"manual_seed\((\d+)\)|seed\w* = (\d+)", page.here)
    told = re.findall(r"seed\D{0,25}?(\d+)", f"{tasks} {page.here}", re.IGNORECASE)
    numbers = [*(a or b for a, b in used), *told[::-1]]
    lines = [
        n
        for n in page.here.split("\n")
        if not re.search(r"seed\(|\.manual_seed\b", n) and not re.match(r"seed\w* =", n)
    ]
    for number in dict.fromkeys(numbers):
        yield page.with_cell("\n".join([f"torch.manual_seed({number})", *lines]))


def outside_the_block(page: Page) -> Iterator[Page]:
    """Takes what stands in a block without gradients out of it, in the part that trains."""
    for index in nearest(page, r"^\s+with torch\.(?:inference_mode|no_grad)"):
        lines = page.cells[index].split("\n")
        for i, line in enumerate(lines):
            if re.match(r"\s*with torch\.(?:inference_mode|no_grad)", line):
                depth = len(indent_of(line))
                end = i + 1
                while end < len(lines) and (
                    not lines[end].strip() or len(indent_of(lines[end])) > depth
                ):
                    end += 1
                inner = [n[4:] for n in lines[i + 1 : end]]
                yield page.with_cell("\n".join([*lines[:i], *inner, *lines[end:]]), index)


def predictions_into_block(page: Page) -> Iterator[Page]:
    """Puts predictions on test data that record gradients into a block that records none."""
    for index in page.order():
        lines = page.cells[index].split("\n")
        for i, line in enumerate(lines):
            predicts = re.match(r"(\s*)\w+ = .*(?:model|loaded)\w*\(.*test", line)
            inside = i and re.match(r"\s*with torch\.", lines[i - 1])
            if predicts and not inside:
                space = predicts[1]
                if i and lines[i - 1].strip() == "if True:":
                    new = [*lines[: i - 1], f"{space[4:]}with torch.inference_mode():", *lines[i:]]
                else:
                    block = [f"{space}with torch.inference_mode():", f"    {line}"]
                    new = [*lines[:i], *block, *lines[i + 1 :]]
                yield page.with_cell("\n".join(new), index)


def test_without_updates(page: Page) -> Iterator[Page]:
    """Takes all that changes weights out of the part of a loop that tests."""
    for index in nearest(page, r"\.eval\(\)"):
        lines = page.cells[index].split("\n")
        top = next(i for i, n in enumerate(lines) if ".eval()" in n)
        kept = [n for n in lines[top:] if not re.search(r"\.(?:zero_grad|backward|step)\(", n)]
        yield page.with_cell("\n".join([*lines[:top], *kept]), index)


def with_the_tasks_number(pattern: str, told: str) -> Edit:
    """Puts the number that the task tells after some words in place of another one."""

    def edit(page: Page) -> Iterator[Page]:
        tasks = " ".join(c for i, c in enumerate(page.cells) if i not in page.code)
        for number in dict.fromkeys(re.findall(told, tasks)):
            yield from sub(pattern, rf"\g<1>{number}", every=False)(page)

    return edit


def top_of_the_loop(page: Page) -> Iterator[Page]:
    """Moves a loss that is computed above the loop to the loop's beginning."""
    for index in nearest(page, r"^for .*:"):
        lines = page.cells[index].split("\n")
        top = next(i for i, n in enumerate(lines) if n.startswith("for "))
        for i, line in enumerate(lines[:top]):
            if re.match(r"loss = ", line):
                rest = [*lines[:i], *lines[i + 1 : top + 1], f"    {line}", *lines[top + 1 :]]
                yield page.with_cell("\n".join(rest), index)


def into_block(page: Page) -> Iterator[Page]:
    """Puts the line into a block without gradients."""
    space = indent_of(page.at)
    if page.at.strip():
        yield page.with_line(f"{space}with torch.inference_mode():\n{space}    {page.at.strip()}")


def evaluation_mode(page: Page) -> Iterator[Page]:
    """Puts the model into evaluation mode before a block that predicts, or training mode on top,
    where it is not put there yet."""
    for index in nearest(page, r"with torch\.(?:inference_mode|no_grad)"):
        text = page.cells[index]
        model = re.search(r"(\w*model\w*|loaded)\(", text)
        if model is None:
            continue
        if f"{model[1]}.eval()" not in text:
            block = re.compile(r"^(\s*)(with torch\.(?:inference_mode|no_grad))", re.MULTILINE)
            new = block.sub(rf"\1{model[1]}.eval()\n\1\2", text, count=1)
            yield page.with_cell(new, index)
        if f"{model[1]}.train()" not in text:
            new = re.sub(r"^(for .*:)\n", rf"\1\n    {model[1]}.train()\n", text, count=1,
                         flags=re.MULTILINE)  # fmt: skip
            yield page.with_cell(new, index)
    model = re.search(r"(\w*model\w*|loaded)\(", page.at)
    if model:
        yield page.with_line(f"{indent_of(page.at)}{model[1]}.eval()\n{page.at}")


def above_the_loop(page: Page) -> Iterator[Page]:
    """Moves what is made anew in the loop above it."""
    for index in nearest(page, r"^for "):
        lines = page.cells[index].split("\n")
        top = next(i for i, n in enumerate(lines) if n.startswith("for "))
        made = [n for n in lines[top:] if re.match(
            r"\s+\w*(?:model|optimizer)\w* = |\s+loss_fn = ", n)]  # fmt: skip
        if made:
            rest = [n for n in lines[top:] if n not in made]
            yield page.with_cell(
                "\n".join([*lines[:top], *(n.strip() for n in made), *rest]), index
            )


def make_optimizer_again(page: Page) -> Iterator[Page]:
    """Makes the optimizer again right above the loop, of the model that the loop calls."""
    text = "\n".join(page.cells[i] for i in page.code)
    for index in nearest(page, r"^for .*:"):
        called = re.search(r"loss\w*\((\w+)\(|= (\w*model\w*)\(", page.cells[index])
        steps = "|".join(re.findall(r"(\w+)\.step\(\)", page.cells[index])) or r"\w+"
        made = re.findall(
            rf"^((?:{steps}) = torch\.optim\.\w+\()\w+(\.parameters\(\).*\))$", text, re.MULTILINE
        )
        if called and made:
            model = called[1] or called[2]
            line = f"{made[-1][0]}{model}{made[-1][1]}"
            new = re.sub(r"^for ", f"{line}\n\nfor ", page.cells[index], count=1, flags=re.M)
            yield page.with_cell(new, index)


def into_loop(page: Page) -> Iterator[Page]:
    """Lets the loop set what it prints: under the name of the same value in it, or by the line that
    stands outside."""
    for index in nearest(page, r"^for .*:"):
        lines = page.cells[index].split("\n")
        top = next(i for i, n in enumerate(lines) if n.startswith("for "))
        at = next((i for i, n in enumerate(lines) if i > top and "print(" in n), len(lines))
        printed = set(re.findall(r"\w+", "\n".join([page.at, *lines[at:]])))
        before = [n for i in page.code if i < index for n in page.cells[i].split("\n")]
        for line in [*lines[:top][::-1], *before[::-1]]:
            match = re.match(r"\s*(\w+) = (.*\(.*)$", line)
            if not match or match[1] not in printed:
                continue
            if any(re.match(rf"\s+{match[1]} = ", n) for n in lines[top:]):
                continue
            same = re.compile(rf"^(\s+)\w+ = {re.escape(match[2])}$")
            renamed = [same.sub(rf"\1{match[1]} = {match[2]}", n) for n in lines[top:]]
            if renamed != lines[top:]:
                yield page.with_cell("\n".join([*lines[:top], *renamed]), index)
            new = [*lines[:at], f"    {line.strip()}", *lines[at:]]
            yield page.with_cell("\n".join(new), index)


def dedent_return(page: Page) -> Iterator[Page]:
    """Puts a return below its loop, at the loop's own depth."""
    for index in nearest(page, r"^\s{8,}return "):
        text = page.cells[index]
        for match in re.finditer(r"^(\s+)    (return .*)$", text, re.MULTILINE):
            new = f"{text[: match.start()]}{match[1]}{match[2]}{text[match.end() :]}"
            yield page.with_cell(new, index)


def with_the_other(page: Page) -> Iterator[Page]:
    """Holds predictions against the first ones, where they were held against themselves."""
    text = "\n".join(page.cells[i] for i in page.code if i <= page.cell)
    made = re.findall(r"^\s*(\w+) = \w*(?:model|loaded)\w*\(", text, re.MULTILINE)
    for index in nearest(page, r"\b(\w+)(?:, | == |\.equal\()\1\b"):
        for match in re.finditer(r"\b(\w+)((?:, | == |\.equal\()\1)\b", page.cells[index]):
            for other in dict.fromkeys(n for n in made[::-1] if n != match[1]):
                old = page.cells[index]
                new = f"{old[: match.start()]}{other}{match[2]}{old[match.end() :]}"
                yield page.with_cell(new, index)
