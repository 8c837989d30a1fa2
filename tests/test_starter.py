"""An assignment learns from its starter what hand-ins to it look like."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grader.assignment import Assignment, load_assignment
from grader.errors import AuthorError
from grader.exercises import place
from grader.headings import plain_words
from grader.notebook import Notebook, digest, parse_notebook

MINIMAL = """
id = "hw"
title = "Homework"
[[exercise]]
id = "1"
title = "Tensor shapes"
[[exercise]]
id = "2"
title = "The largest value"
"""
HEADINGS = ("## 1. Tensor shapes", "## 2. The largest value")
GIVEN = ("data = torch.arange(6)\n# your answer", "# your answer\n\n# below the line")


def notebook(*cells: tuple[str, str]) -> str:
    made = [{"cell_type": kind, "source": text, "metadata": {}} for kind, text in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made})


def with_headings(*headings: str, before: str = "# Homework", task: str = "Do it.") -> str:
    cells = [("markdown", before), ("code", "import torch")]
    for heading, given in zip(headings, (*GIVEN, *["# more"] * 9), strict=False):
        cells += [("markdown", f"{heading}\n\n{task}"), ("code", given)]
    return notebook(*cells)


def load(folder: Path, starter: str | None, toml: str = MINIMAL) -> Assignment:
    home = folder / "assignments" / "hw"
    home.mkdir(parents=True)
    (home / "assignment.toml").write_text(toml, encoding="utf-8")
    if starter is not None:
        (home / "starter.ipynb").write_text(starter, encoding="utf-8")
    return load_assignment(folder, "hw")


def problems(folder: Path, starter: str, toml: str = MINIMAL) -> list[str]:
    with pytest.raises(AuthorError) as caught:
        load(folder, starter, toml)
    for problem in caught.value.problems:
        assert "\n" not in problem
    return [p.partition("starter.ipynb: ")[2] for p in caught.value.problems]


def parsed(text: str) -> Notebook:
    found = parse_notebook(text.encode())
    assert isinstance(found, Notebook)
    return found


def test_given_cells_and_lines_come_from_the_starter(tmp_path: Path) -> None:
    hw = load(tmp_path, with_headings(*HEADINGS))
    assert hw.given_cells == [digest("import torch"), *map(digest, GIVEN)]
    lines = [[digest(li) for li in given.splitlines() if li.strip()] for given in GIVEN]
    assert [e.lines for e in hw.exercise] == lines


def test_the_untouched_starter_holds_no_answer(tmp_path: Path) -> None:
    starter = with_headings(*HEADINGS)
    hw = load(tmp_path, starter)
    assert place(parsed(starter), hw).written == frozenset()
    answered = starter.replace("# your answer", "# your answer\\ndata.reshape(2, 3)")
    placement = place(parsed(answered), hw)
    assert [placement.exercise[i] for i in sorted(placement.written)] == ["1", "2"]


def test_without_a_starter_the_titles_are_all_there_is(tmp_path: Path) -> None:
    hw = load(tmp_path, None)
    assert (hw.given_cells, [e.lines for e in hw.exercise]) == ([], [[], []])
    assert [e.headings for e in hw.exercise] == [[], []]


def test_what_the_file_says_of_other_templates_stays(tmp_path: Path) -> None:
    toml = MINIMAL.replace('title = "Tensor shapes"', 'title = "Tensor shapes"\nlines = ["abc"]'
                           '\nheadings = ["what shapes are"]')  # fmt: skip
    toml = toml.replace('title = "Homework"', 'title = "Homework"\ngiven_cells = ["def"]')
    hw = load(tmp_path, with_headings(*HEADINGS), toml)
    assert hw.given_cells[0] == "def"
    assert hw.exercise[0].lines[0] == "abc"
    assert hw.exercise[0].headings == ["what shapes are"]


def test_a_heading_in_other_words_than_the_title_is_known_by_its_number(tmp_path: Path) -> None:
    asks = "### Exercise 1: What does it mean for a tensor to be square?"
    hw = load(tmp_path, with_headings(asks, "### Exercise 2: The largest value"))
    assert [len(e.headings) for e in hw.exercise] == [1, 0]
    moved = notebook(("markdown", asks.replace("1", "7")), ("code", "x = 1"),
                     ("markdown", "### The largest value"), ("code", "y = 2"))  # fmt: skip
    placement = place(parsed(moved), hw)
    assert placement.exercise == {0: "1", 1: "1", 2: "2", 3: "2"}
    assert placement.uncertain == ()


@pytest.mark.parametrize(
    "headings",
    [
        ("# 1. Tensor shapes", "# 2. The largest value"),
        ("**1. Tensor shapes**", "**2. The largest value**"),
        ("<h2>Tensor shapes</h2>", "<h2>The largest value</h2>"),
        ("## Tensor shapes", "## The largest value"),
        ("## 1) TENSOR SHAPES!", "## 2) the largest value"),
    ],
)
def test_headings_may_be_set_in_any_way(tmp_path: Path, headings: tuple[str, str]) -> None:
    assert [e.headings for e in load(tmp_path, with_headings(*headings)).exercise] == [[], []]


def test_notes_above_headings_of_other_levels_and_code_in_a_task_do_no_harm(tmp_path: Path) -> None:
    task = "Do it.\n\n#### Hint\n\n**Note:** read.\n\n```python\n## not a heading\n```"
    before = "# Homework\n\n## How to hand in\n\n## 5. Rules"
    assert load(tmp_path, with_headings(*HEADINGS, before=before, task=task))


@pytest.mark.parametrize(
    ("headings", "says"),
    [
        (HEADINGS[:1], ["no heading for exercise 2", "'## 2. The largest value'"]),
        ((HEADINGS[0], "## Values that are large"),
         ["no heading for exercise 2", "nearest is heading 'Values that are large' (cell 5)"]),
        ((), ["no heading for exercise 1", "'## 1. Tensor shapes'"]),
        (("## 2. Tensor shapes", "## The largest value"),
         ["'2. Tensor shapes' (cell 3) has the number of exercise 2 and the words of exercise 1"]),
        (("## 1", HEADINGS[1]), ["heading '1' (cell 3) is a number alone"]),
        ((*HEADINGS, "## 3. The smallest value"),
         ["'3. The smallest value' (cell 7) is no exercise", "nearest is 'The largest value'"]),
        ((*HEADINGS, "## Thank you"), ["heading 'Thank you' (cell 7) is no exercise", "level"]),
        (("**1. Tensor shapes**", "**2. The largest value**", "**3. More**"),
         ["'3. More' (cell 7) is no exercise"]),
    ],
)  # fmt: skip
def test_a_heading_that_fits_no_exercise_is_told(
    tmp_path: Path, headings: tuple[str, ...], says: list[str]
) -> None:
    told = problems(tmp_path, with_headings(*headings))
    assert any(all(word in line for word in says) for line in told), told


def test_every_exercise_without_a_heading_is_told_at_once(tmp_path: Path) -> None:
    assert len(problems(tmp_path, with_headings("# Other"))) == 2


def test_exercises_that_no_hand_in_could_tell_apart_are_told(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, with_headings("## 1. Practice", "## 2. Practice"))
    assert told == "exercises 1 and 2 have the same heading 'practice'"


def test_titles_that_say_the_same_are_told(tmp_path: Path) -> None:
    toml = MINIMAL.replace("The largest value", "Tensor shapes!")
    with pytest.raises(AuthorError, match="exercises 1 and 2 have the same heading"):
        load(tmp_path, None, toml)


@pytest.mark.parametrize(("text", "says"), [("", "empty"), ("{", "JSON"), ("{}", "nbformat")])
def test_a_starter_that_is_no_notebook_is_told(tmp_path: Path, text: str, says: str) -> None:
    assert says in problems(tmp_path, text)[0]


def test_a_folder_in_place_of_the_starter_is_told(tmp_path: Path) -> None:
    (tmp_path / "assignments" / "hw" / "starter.ipynb").mkdir(parents=True)
    (tmp_path / "assignments" / "hw" / "assignment.toml").write_text(MINIMAL, encoding="utf-8")
    with pytest.raises(AuthorError, match=r"starter\.ipynb: Is a directory"):
        load_assignment(tmp_path, "hw")


def test_the_course_says_nothing_twice() -> None:
    """The digests in assignment.toml are of the public template, not of our starter."""
    course = Path(__file__).parents[1]
    source = (course / "assignments/00-fundamentals/assignment.toml").read_text(encoding="utf-8")
    starter = (course / "assignments/00-fundamentals/starter.ipynb").read_bytes()
    book = parse_notebook(starter)
    assert isinstance(book, Notebook)
    own = {digest(text) for c in book.code for text in (c.source, *c.source.splitlines()) if text}
    assert not {d for d in own if d in source}
    for exercise in load_assignment(course, "00-fundamentals").exercise:
        assert len(exercise.headings) == 1
        assert own & set(exercise.lines)
        assert plain_words(exercise.title) not in exercise.headings
