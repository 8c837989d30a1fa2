"""What a scripted student can do to a notebook, having read where to look: small edits of text."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple


class Page(NamedTuple):
    """A notebook and the place that a check points at.

    Attributes:
        cells: the text of every cell.
        code: which of them hold code.
        cell: index of the one that is pointed at.
        line: in it, from 1; 0 where none is.
    """

    cells: tuple[str, ...]
    code: tuple[int, ...]
    cell: int
    line: int

    @property
    def here(self) -> str:
        """The text of the cell."""
        return self.cells[self.cell]

    @property
    def at(self) -> str:
        """The line; empty where none is pointed at."""
        lines = self.here.split("\n")
        return lines[self.line - 1] if 0 < self.line <= len(lines) else ""

    def with_cell(self, text: str, cell: int | None = None) -> Page:
        """Another text in a cell."""
        index = self.cell if cell is None else cell
        return self._replace(cells=(*self.cells[:index], text, *self.cells[index + 1 :]))

    def with_line(self, text: str | None) -> Page:
        """Another text in the line, or none."""
        lines = self.here.split("\n")
        lines[self.line - 1 : self.line] = [] if text is None else [text]
        return self.with_cell("\n".join(lines))


Edit = Callable[[Page], Iterator[Page]]


def sub(pattern: str, text: str, *, every: bool = True) -> Edit:
    """Replaces a pattern in the line; else in the cell, then in the others, nearest first."""
    found = re.compile(pattern, re.MULTILINE)

    def edit(page: Page) -> Iterator[Page]:
        if page.at and found.search(page.at):
            yield page.with_line(found.sub(text, page.at))
        for index in sorted(page.code, key=lambda i: abs(i - page.cell)):
            if every and found.search(page.cells[index]):
                yield page.with_cell(found.sub(text, page.cells[index]), index)
            for match in found.finditer(page.cells[index]):
                old = page.cells[index]
                new = f"{old[: match.start()]}{match.expand(text)}{old[match.end() :]}"
                yield page.with_cell(new, index)

    return edit


def either(*edits: Edit) -> Edit:
    """One edit after the other."""

    def edit(page: Page) -> Iterator[Page]:
        for one in edits:
            yield from one(page)

    return edit


def indent_of(line: str) -> str:
    """The space that a line begins with."""
    return line[: len(line) - len(line.lstrip())]


def remove(pattern: str) -> Edit:
    """Takes out the line, if it matches; else the last one of the cell that does."""

    def edit(page: Page) -> Iterator[Page]:
        if page.at and re.search(pattern, page.at):
            yield page.with_line(None)
        lines = page.here.split("\n")
        for i in reversed(range(len(lines))):
            if re.search(pattern, lines[i]):
                yield page.with_cell("\n".join([*lines[:i], *lines[i + 1 :]]))

    return edit


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


def nearest(page: Page, pattern: str) -> list[int]:
    """Code cells that hold a pattern, nearest first."""
    found = [i for i in page.code if re.search(pattern, page.cells[i], re.MULTILINE)]
    return sorted(found, key=lambda i: abs(i - page.cell))


def undefined(page: Page) -> list[str]:
    """Names in the line, or the cell, that no cell above sets, and no line above."""
    try:
        tree = ast.parse(page.here)
    except SyntaxError:
        return []
    import builtins

    above = "\n".join(page.cells[i] for i in page.code if i < page.cell)
    known = set(names_set(above)) | set(dir(builtins))
    missing = []
    for statement in tree.body:
        loads = [n for n in ast.walk(statement) if isinstance(n, ast.Name)]
        inner = {n.id for n in loads if isinstance(n.ctx, ast.Store)}
        inner |= {a.arg for a in ast.walk(statement) if isinstance(a, ast.arg)}
        for n in loads:
            if isinstance(n.ctx, ast.Load) and n.id not in known | inner:
                missing.append(n.id)
        known |= set(names_set(ast.unparse(statement)))
    return list(dict.fromkeys(missing))


def names_set(source: str) -> list[str]:
    """Names that some code sets at its top level or in its loops."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return []
    found = [
        n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    ]
    found += [n.name for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.ClassDef))]
    found += [(a.asname or a.name).split(".")[0] for n in ast.walk(tree)
              if isinstance(n, (ast.Import, ast.ImportFrom)) for a in n.names]  # fmt: skip
    return found


USUAL = {
    "torch": "import torch", "nn": "from torch import nn", "np": "import numpy as np",
    "plt": "import matplotlib.pyplot as plt", "Path": "from pathlib import Path",
    "make_moons": "from sklearn.datasets import make_moons",
    "train_test_split": "from sklearn.model_selection import train_test_split",
    "device": 'device = "cuda" if torch.cuda.is_available() else "cpu"',
}  # fmt: skip
"""What every notebook of the course begins with."""


def define(page: Page) -> Iterator[Page]:
    """Sets a missing name above its use: as a later cell does, as usual, by its spelling, or as a
    line beside it does for another name."""
    for name in undefined(page):
        lines = page.here.split("\n")
        use = next((i for i, n in enumerate(lines) if re.search(rf"\b{name}\b", n)), 0)

        def above(line: str, use: int = use, lines: list[str] = lines) -> Page:
            return page.with_cell("\n".join([*lines[:use], line, *lines[use:]]))

        for index in page.code:
            for line in page.cells[index].split("\n"):
                if index > page.cell and re.match(rf"{name} = ", line):
                    yield above(line)
        if name in USUAL:
            yield page.with_cell(f"{USUAL[name]}\n{page.here}")
        known = [n for i in page.code if i <= page.cell for n in names_set(page.cells[i])]
        for close in difflib.get_close_matches(name, [n for n in known if n != name], 2, 0.6):
            yield page.with_cell(re.sub(rf"\b{name}\b", close, page.here))
        for line in lines:
            beside = re.match(r"\w+( = .*\(.*)$", line)
            if beside:
                yield above(f"{name}{beside[1]}")


def keep_result(page: Page) -> Iterator[Page]:
    """Gives a result that is thrown away a name: the one that lacks a value, or its own."""
    match = re.match(r"(\s*)(\w+)(\..*\))\s*$", page.at)
    if match is None:
        return
    space, name, call = match.groups()
    lines = page.here.split("\n")
    for after in lines[page.line : page.line + 3]:
        alias = re.match(rf"\s*(\w+) = {name}\s*$", after)
        if alias:
            text = page.here.replace(after, f"{space}{alias[1]} = {name}{call}")
            yield page.with_cell(text)
    yield page.with_line(f"{space}{name} = {name}{call}")


def seed_once(page: Page) -> Iterator[Page]:
    """Sets the seed of the task once, at the top of the cell that draws."""
    tasks = " ".join(page.cells[i] for i in range(page.cell) if i not in page.code)[-900:]
    used = re.findall(r"manual_seed\((\d+)\)|seed\w* = (\d+)", page.here)
    told = re.findall(r"seed\D{0,25}?(\d+)", f"{tasks} {page.here}", re.IGNORECASE)
    numbers = [*(a or b for a, b in used), *told[::-1]]
    lines = [n for n in page.here.split("\n") if "seed(" not in n and not re.match(r"seed\w* =", n)]
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
    for index in sorted(page.code, key=lambda i: abs(i - page.cell)):
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
    """Puts the model into evaluation mode before a block that predicts, or training mode on top."""
    for index in nearest(page, r"with torch\.(?:inference_mode|no_grad)"):
        text = page.cells[index]
        model = re.search(r"(\w*model\w*|loaded)\(", text)
        if model is None:
            continue
        new = re.sub(r"^(\s*)(with torch\.(?:inference_mode|no_grad))",
                     rf"\1{model[1]}.eval()\n\1\2", text, count=1, flags=re.MULTILINE)  # fmt: skip
        yield page.with_cell(new, index)
        looped = re.sub(r"^(for .*:)\n", rf"\1\n    {model[1]}.train()\n", text, count=1,
                        flags=re.MULTILINE)  # fmt: skip
        yield page.with_cell(looped, index)
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
        made = re.findall(r"^(\w+ = torch\.optim\.\w+\()\w+(\.parameters\(\).*\))$", text, re.M)
        if called and made:
            model = called[1] or called[2]
            line = f"{made[-1][0]}{model}{made[-1][1]}"
            new = re.sub(r"^for ", f"{line}\n\nfor ", page.cells[index], count=1, flags=re.M)
            yield page.with_cell(new, index)


def into_loop(page: Page) -> Iterator[Page]:
    """Moves a line that computes something into the loop, before what is printed."""
    for index in nearest(page, r"^for .*:"):
        lines = page.cells[index].split("\n")
        top = next(i for i, n in enumerate(lines) if n.startswith("for "))
        at = next((i for i, n in enumerate(lines) if i > top and "print(" in n), len(lines))
        outside = [n for n in lines[:top] if re.match(r"\w+ = .*\(", n)]
        outside += [n for i in page.code if i < index for n in page.cells[i].split("\n")
                    if re.match(r"\w*(?:loss|acc\w*) = .*\(", n)]  # fmt: skip
        for line in outside:
            kept = [n for n in lines if n != line]
            place = at - (len(lines) - len(kept))
            yield page.with_cell("\n".join([*kept[:place], f"    {line}", *kept[place:]]), index)


def rename_result(page: Page) -> Iterator[Page]:
    """Gives a result that hides a function another name, wherever it is meant."""
    text = "\n".join(page.cells[i] for i in page.code)
    for name in dict.fromkeys(re.findall(r"\b(\w+)\(", page.at or page.here)):
        if re.search(rf"^\s*{name} = ", text, re.MULTILINE):
            cells = list(page.cells)
            for i in page.code:
                cells[i] = re.sub(rf"\b{name}\b(?!\()", f"{name}_result", cells[i])
            changed = page._replace(cells=tuple(cells))
            back = [re.sub(rf"\b{name}_result = (nn\.\w+\(\)|torch\.optim.*)$", rf"{name} = \1", c,
                           flags=re.MULTILINE) for c in changed.cells]  # fmt: skip
            yield changed._replace(cells=tuple(back))
            called = [re.sub(rf"\b{name}\([^()]*\)", f"{name}_result", c) for c in changed.cells]
            yield changed._replace(cells=tuple(called))


def dedent_return(page: Page) -> Iterator[Page]:
    """Puts a return below its loop, at the loop's own depth."""
    for index in nearest(page, r"^\s{8,}return "):
        text = page.cells[index]
        for match in re.finditer(r"^(\s+)    (return .*)$", text, re.MULTILINE):
            new = f"{text[: match.start()]}{match[1]}{match[2]}{text[match.end() :]}"
            yield page.with_cell(new, index)
