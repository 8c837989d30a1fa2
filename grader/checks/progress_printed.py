"""A training printed how it goes: at regular times, with its loss and its accuracy."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from pydantic import Field

from grader.check import Check, Example
from grader.evidence import Evidence
from grader.facts import OutputSeen
from grader.finding import Finding, failed, partly, passed
from grader.model_facts import TrainingSeen
from grader.scene import Scene

NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?(?![\w])")
DEVICE = re.compile(r"cuda:\d+|device='[^']*'|grad_fn=<[^>]*>|torch\.\w+")
ACCURACY = re.compile(r"acc|right|correct|hits|\bscore", re.IGNORECASE)
LOSS = re.compile(r"loss|err", re.IGNORECASE)
TIME = re.compile(r"epoch|step|iter|batch|time|sec", re.IGNORECASE)
MOST_TEXT = 1_000_000
MOST_LINES = 20_000
PERCENT = 100.0


class Column(NamedTuple):
    """The numbers that stand at one place of lines that are alike.

    Attributes:
        values: one number for each line.
        before: the words before it.
    """

    values: list[float]
    before: str

    @property
    def counts(self) -> bool:
        """Whether it counts on evenly, as epochs do."""
        steps = {b - a for a, b in pairwise(self.values)}
        return len(steps) == 1 and min(steps) > 0 and all(v.is_integer() for v in self.values)

    @property
    def is_named(self) -> bool:
        """Whether it is called accuracy, and can be."""
        in_range = all(0 <= v <= PERCENT for v in self.values)
        return in_range and ACCURACY.search(self.before) is not None

    @property
    def may_be_accuracy(self) -> bool:
        """Whether it is called accuracy, or its numbers do not fall as losses do."""
        if self.is_named or not all(0 <= v <= PERCENT for v in self.values):
            return self.is_named
        if TIME.search(self.before):
            return False
        changes = len(set(self.values)) > 1
        return changes and not self.counts and self.values[-1] >= self.values[0]


class ProgressPrinted(Check):
    """A training printed how it goes, with numbers at regular times.

    It looks for lines that are alike but for their numbers, in whatever words and order. With
    `accuracy`, one of the numbers must be an accuracy, by the word before it or, in a cell that
    trains, because it does not fall; lines with losses alone earn half. Of progress bars and logs,
    which go to stderr, numbers count by the words before them. Numbers that a mistake of the
    catalogue makes untrue earn half.
    """

    kind = "progress_printed"
    reads_operations = False

    lines: int = Field(3, ge=1, description="at least how many such lines")
    accuracy: bool = Field(False, description="whether an accuracy has to be among the numbers")

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """Read the exercise's output."""
        trains = {t.cell for t in evidence.of(exercise, TrainingSeen)}
        own = [o for o in evidence.of(exercise, OutputSeen) if o.cell in trains]
        shown = [o for o in evidence.of(exercise, OutputSeen) if o.channel != "stderr"]
        aside = "\r".join(o.text for o in own if o.channel == "stderr")[-MOST_TEXT:]
        bars = [g for g in alike(aside.replace("\r", "\n")) if len(g) >= self.lines]
        said = "\n".join(o.text for o in shown if o.cell in trains)[-MOST_TEXT:]
        beside = "\n".join(o.text for o in shown if o.cell not in trains)[-MOST_TEXT:]
        groups = [g for g in alike(said) if len(g) >= self.lines]
        wanted = f"at least {self.lines} lines that tell how the training goes"
        columns = [c for g in groups for c in columns_of(g)]
        barred = [c for g in bars for c in columns_of(g) if LOSS.search(c.before) or c.is_named]
        changing = [c for c in columns + barred if len(set(c.values)) > 1 and not c.counts]
        told = [c for c in columns if c.may_be_accuracy] + [c for c in barred if c.is_named]
        named = [c for g in alike(beside) if len(g) >= self.lines for c in columns_of(g)]
        told += [c for c in named if c.is_named]
        if not changing and not told:
            most = max((len(g) for g in alike(said)), default=0)
            return failed("the training prints nothing that changes as it goes", expected=wanted,
                          actual=f"{most} lines of one kind", strength="observed")  # fmt: skip
        if self.accuracy and not told:
            return partly(0.5, "the training prints its losses, but no accuracy",
                          expected="the accuracy beside the loss", actual="losses alone",
                          strength="observed")  # fmt: skip
        most = max(len(c.values) for c in told + changing)
        return passed(f"{most} lines tell how the training goes", strength="observed")

    @classmethod
    def examples(cls) -> list[Example]:
        """Lines with and without accuracy, few lines, none."""

        def lines(line: str, times: int) -> list[str]:
            return [
                line.format(e=10 * i, uneven=10 * i - (i == times - 1), loss=0.7 - 0.1 * i,
                            acc=51.5 + 9 * i)
                for i in range(times)
            ]  # fmt: skip

        def prints(line: str, times: int = 5) -> Evidence:
            scene = Scene().cell("4").trains()
            for said in lines(line, times):
                scene.prints(f"{said}\n")
            return scene.evidence()

        def bar(line: str) -> Evidence:
            said = "\r".join(lines("{uneven}%|#| {e}/50 [00:0{e}, " + line + "]", 5))
            return Scene().cell("4").trains().prints(said, channel="stderr").evidence()

        both, accuracy = "epoch {e}: loss {loss:.3f}, accuracy {acc} %", {"accuracy": True}
        return [
            Example("loss and accuracy", accuracy, prints(both), "4", "passed"),
            Example("losses beside epochs that end unevenly", accuracy,
                    prints("epoch {uneven} loss {loss:.3f}"), "4", "partly"),
            Example("a progress bar with both", accuracy, bar("loss={loss:.3f}, acc={acc}"), "4",
                    "passed"),
            Example("a bare progress bar", accuracy, bar(""), "4", "failed"),
            Example("numbers without words", accuracy, prints("{e} {loss:.3f} {acc}"), "4",
                    "passed"),
            Example("losses alone", {}, prints("{e} | {loss:.4f}"), "4", "passed"),
            Example("losses alone, where accuracy is asked for", accuracy,
                    prints("Epoch {e} | Loss {loss:.4f}"), "4", "partly"),
            Example("an accuracy that stays the same", accuracy, prints("{e} acc 0.5"), "4",
                    "passed"),
            Example("two lines", accuracy, prints(both, 2), "4", "failed"),
            Example("the number of the epoch alone", {}, prints("epoch {e}"), "4", "failed"),
            Example("nothing", {}, Scene().cell("4").evidence(), "4", "failed"),
        ]  # fmt: skip


def alike(text: str) -> list[list[str]]:
    """Lines that are the same but for their numbers, together."""
    groups: dict[str, list[str]] = {}
    for line in text.splitlines()[-MOST_LINES:]:
        plain = DEVICE.sub(" ", line)
        if NUMBER.search(plain):
            groups.setdefault(" ".join(NUMBER.sub("#", plain).split()), []).append(plain)
    return list(groups.values())


def columns_of(lines: list[str]) -> list[Column]:
    """The numbers of lines that are alike, place by place."""
    rows = [[float(n) for n in NUMBER.findall(line)] for line in lines]
    words = NUMBER.split(lines[0])
    return [
        Column(list(values), before)
        for values, before in zip(zip(*rows, strict=True), words, strict=False)
    ]
