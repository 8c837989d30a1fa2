"""The sample assignment that `grader new` writes: small, whole, and there to be edited.

It is proved as it is: the starter earns nothing, the solution everything, and the mistake loses
every criterion. So an author changes what works, and sees at once what no longer does.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from grader.toml_text import toml_value

MISTAKE = "all-wrong.ipynb"
SCHEMA = "rubric.schema.json"


class SampleCriterion(NamedTuple):
    """What earns points; `check` is the inline table of a rubric."""

    id: str
    title: str
    points: int
    core: bool
    check: str
    hints: tuple[str, ...]


class SampleExercise(NamedTuple):
    """An exercise: its task, and what three people wrote into its cell.

    Attributes:
        title: also its heading.
        task: the text below the heading.
        given: the starter's code cell.
        solution: the same cell with a right answer.
        mistake: a wrong answer.
        criteria: what earns points.
    """

    title: str
    task: str
    given: str
    solution: str
    mistake: str
    criteria: tuple[SampleCriterion, ...]


DRAW = SampleExercise(
    "A random tensor of shape (3, 4)",
    "Fill a tensor of 3 rows and 4 columns with random numbers between 0 and 1.",
    "# Start with the import\n\n# Make the tensor",
    "# Start with the import\nimport torch\n\n# Make the tensor\ntable = torch.rand(3, 4)\ntable",
    "import torch\n\ntable = torch.rand(4, 3)\ntable",
    (
        SampleCriterion(
            "1.tensor", "a random tensor of shape (3, 4)", 10, True,
            '{ kind = "tensor_made", shape = [3, 4], random = true }',
            ("Look at the shape of the tensor this exercise makes.",
             "torch.rand takes the size of each dimension, rows first."),
        ),
    ),
)  # fmt: skip
LARGEST = SampleExercise(
    "The largest value in it",
    "Find the largest number in the tensor of exercise 1.",
    "# Find the largest value",
    "# Find the largest value\nlargest = table.max()\nlargest",
    "largest = table.min()\nlargest",
    (
        SampleCriterion(
            "2.largest", "the largest value of the tensor of exercise 1", 10, True,
            '{ kind = "reduction", of = "1", by = "max" }',
            ("Check which value of which tensor you look for.",
             "A tensor has a method of that name, which needs no dimension here."),
        ),
    ),
)  # fmt: skip
SEEDED = SampleExercise(
    "Three numbers under seed 42",
    "Set PyTorch's random seed to 42, then draw a tensor of three random numbers.",
    "# Set the seed\n\n# Draw the numbers",
    "# Set the seed\ntorch.manual_seed(42)\n\n# Draw the numbers\nthree = torch.rand(3)\nthree",
    "seed = 42\nfour = torch.rand(4)\nfour",
    (
        SampleCriterion(
            "3.drawn", "a tensor of three random numbers", 5, True,
            '{ kind = "tensor_made", shape = [3], random = true }',
            ("Look at how many numbers the tensor of this exercise holds.",
             "torch.rand takes the number of numbers to draw."),
        ),
        SampleCriterion(
            "3.seed", "drawn under seed 42", 5, False,
            '{ kind = "seed_set", value = 42, used = true }',
            ("Look at how the seed is set, and when.",
             "A number under a name sets nothing; a function of torch does, before the draw."),
        ),
    ),
)  # fmt: skip


def sample_exercises(count: int) -> list[SampleExercise]:
    """So many exercises: three of different kinds, and further ones that are all alike."""
    return [DRAW, LARGEST, SEEDED, *map(further, range(4, count + 1))][:count]


def further(number: int) -> SampleExercise:
    """An exercise to replace."""
    return SampleExercise(
        f"A tensor of shape ({number}, 2)",
        f"Make a tensor of {number} rows and 2 columns.",
        "# Make the tensor",
        f"# Make the tensor\nmade_{number} = torch.ones({number}, 2)\nmade_{number}",
        f"made_{number} = torch.ones(2, {number})\nmade_{number}",
        (
            SampleCriterion(
                f"{number}.tensor", f"a tensor of shape ({number}, 2)", 10, True,
                f'{{ kind = "tensor_made", shape = [{number}, 2] }}',
                ("Look at the shape of the tensor this exercise makes.",
                 "The number of rows comes first, then the number of columns."),
            ),
        ),
    )  # fmt: skip


def sample_files(name: str, title: str, count: int) -> dict[str, str]:
    """The files of a sample assignment, by their path in the course folder.

    Args:
        name: id of the assignment, also its folder's name.
        title: a few words without control characters.
        count: how many exercises, from 1.
    """
    exercises = sample_exercises(count)
    folder = f"assignments/{name}"
    return {
        f"{folder}/assignment.toml": assignment_toml(name, title, exercises),
        f"{folder}/starter.ipynb": notebook(title, exercises, [e.given for e in exercises]),
        f"{folder}/solution.ipynb": notebook(title, exercises, [e.solution for e in exercises]),
        f"{folder}/mistakes/expect.toml": expect_toml(name, exercises),
        f"{folder}/mistakes/{MISTAKE}": notebook(title, exercises, [e.mistake for e in exercises]),
        f"rubrics/{name}.toml": rubric_toml(name, exercises),
    }


def notebook(title: str, exercises: list[SampleExercise], answers: list[str]) -> str:
    """A notebook: for each exercise its task and one code cell."""
    cells = [text_cell("title", f"# {title}\n\nWrite each answer into the cell below its task.")]
    for number, (exercise, answer) in enumerate(zip(exercises, answers, strict=True), 1):
        task = f"## {number}. {exercise.title}\n\n{exercise.task}"
        cells += [text_cell(f"task-{number}", task), code_cell(f"answer-{number}", answer)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    made = {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def text_cell(name: str, text: str) -> dict[str, object]:
    """A markdown cell."""
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": text.splitlines(True)}


def code_cell(name: str, source: str) -> dict[str, object]:
    """A code cell that was never run."""
    return {"cell_type": "code", "execution_count": None, "id": name, "metadata": {},
            "outputs": [], "source": source.splitlines(True)}  # fmt: skip


def assignment_toml(name: str, title: str, exercises: list[SampleExercise]) -> str:
    """What students are asked to do."""
    return f"""\
# What students are asked to do. starter.ipynb is what they get; solution.ipynb has to earn every
# point. `grader prove {name}` says what does not fit together.

id = {toml_value(name)}  # as this folder is called
title = {toml_value(title)}

# Names that everybody's file has. A hand-in called so is named after the folder it lies in.
# file_names = ["{name}-exercises.ipynb"]

# What a hand-in may use. Every key may be left out; docs/safety.md lists them all.
# [limits]
# cell_cpu_s = 60  # CPU seconds of one cell
# run_cpu_s = 600  # CPU seconds of the whole hand-in

# One [[exercise]] for each heading "## 1. …" of starter.ipynb, in the same order.
#   id      the number in the heading; the rubric names the exercise by it
#   title   a few words for reports; hand-ins are known by them and by the starter's heading
#   graded  false for an exercise that earns nothing, such as something to read
#   reload  true for an exercise whose saved model is made again in a process of its own

{"".join(exercise_toml(str(n), e) for n, e in enumerate(exercises, 1)).rstrip()}
"""


def exercise_toml(number: str, exercise: SampleExercise) -> str:
    """One exercise of an assignment."""
    return f'[[exercise]]\nid = "{number}"\ntitle = {toml_value(exercise.title)}\n\n'


def rubric_toml(name: str, exercises: list[SampleExercise]) -> str:
    """What earns points."""
    written = (
        criterion_toml(str(number), criterion)
        for number, exercise in enumerate(exercises, 1)
        for criterion in exercise.criteria
    )
    return f"""\
#:schema ./{SCHEMA}
# What earns points in {name}. `grader checks` lists what a criterion can ask for, and
# `grader checks KIND` its fields, with a criterion to paste.
#
#   id        unique in this file
#   exercise  id of the exercise in assignment.toml
#   title     a few words that finish "this exercise asks for …"
#   points    what it is worth
#   core      true at the heart of an exercise: without a share of it an answer is wrong, with a
#             share it is at least partly right. Every exercise has one or more
#   check     what to look for: kind, and the fields of that kind
#   hints     a ladder of two or more, from where to look to what to change; no solution in them
#
# These may be left out, as core may:
#   after       ids of earlier criteria without which this one means nothing: after = ["1.tensor"]
#   mistakes    ids of mistakes that spoil it: one that was made for certain costs half
#   visibility  "hidden" keeps it from students; it counts all the same
#   reveal      false keeps the expected value from students
#   component   what one has to understand to meet it, such as "tensor-ops"; for the tutor
#   given       true where lines of the starter meet it already; for the tutor

assignment = {toml_value(name)}  # as this file is called

{"".join(written).rstrip()}
"""


def criterion_toml(exercise: str, criterion: SampleCriterion) -> str:
    """One criterion of a rubric."""
    hints = "".join(f"  {toml_value(hint)},\n" for hint in criterion.hints)
    core = "core = true\n" if criterion.core else ""
    return (
        f'[[criterion]]\nid = "{criterion.id}"\nexercise = "{exercise}"\n'
        f"title = {toml_value(criterion.title)}\npoints = {criterion.points}\n{core}"
        f"check = {criterion.check}\nhints = [\n{hints}]\n\n"
    )


def expect_toml(name: str, exercises: list[SampleExercise]) -> str:
    """What the mistake loses."""
    loses = "".join(f"  {toml_value(c.id)},\n" for e in exercises for c in e.criteria)
    return f"""\
# Hand-ins of your own in which something is wrong, and what each of them has to lose. They show
# that the rubric sees what it should see; `grader prove {name}` grades them.
# Every criterion needs a mistake that loses it. Best are hand-ins with one or two things wrong, as
# students make them.
#
#   hand_in  the file beside this one
#   why      one sentence: what the student did
#   loses    ids of the criteria that do not get all their points

[[mistake]]
hand_in = "{MISTAKE}"
why = "Every exercise is answered, and every answer is wrong in one thing."
loses = [
{loses}]
"""
