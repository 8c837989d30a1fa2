"""Every answer finds its exercise, whatever became of the headings."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.assignment import load_assignment
from grader.exercises import Placement, place
from grader.notebook import Cell, Notebook, digest
from grader.preparation import is_written

ASSIGNMENT = load_assignment(Path(__file__).parents[1], "00-fundamentals")
IDS = [e.id for e in ASSIGNMENT.exercise]

# In our words, near to the public ones.
TITLES = {
    "1": "Documentation reading, as every time",
    "2": "Create a random tensor with the shape (7, 7)",
    "3": "Perform a matrix multiplication on your tensor from 2 with a new one",
    "4": "Set the random seed to 0 and redo 2 and 3",
    "5": "Speaking of random seeds, we saw how to use one on the CPU",
    "6": "Create two random tensors of the shape (2, 3) and send them over",
    "7": "Perform a matrix multiplication on the two tensors you created in 6",
    "8": "Find the maximum and minimum values of the output from 7",
    "9": "Find the maximum and minimum index values of the output from 7",
    "10": "Make a random tensor with a shape of (1, 1, 1, 10)",
}


def note(text: str) -> Cell:
    return Cell(0, "markdown", text)


def code(text: str) -> Cell:
    return Cell(0, "code", text)


def notebook(*cells: Cell) -> Notebook:
    return Notebook(tuple(c._replace(index=i) for i, c in enumerate(cells)))


def placed(*cells: Cell) -> Placement:
    return place(notebook(*cells), ASSIGNMENT)


def answer(exercise: str) -> Cell:
    return code(f"answer_{exercise} = {exercise}")


def handed_in(*, heading: str = "### {number}. {title}", without: str = "") -> list[Cell]:
    """A hand-in that answers all; one heading may be missing, never its answer."""
    cells = []
    for number, title in TITLES.items():
        if number != without:
            cells.append(note(heading.format(number=number, title=title)))
        cells.append(answer(number))
    return cells


def owners(*cells: Cell) -> dict[str, str | None]:
    """The exercise that each answer was given to, by the answer's first line."""
    placement = placed(*cells)
    book = notebook(*cells)
    return {c.source: placement.exercise.get(c.index) for c in book.code}


RIGHT = {answer(i).source: i for i in IDS}


@pytest.mark.parametrize(
    "heading",
    [
        "### {number}. {title}",
        "# {number}. {title}",
        "###### {number}) {title}",
        "###{number}. {title}",
        "## Exercise {number}: {title}",
        "**{number}. {title}**",
        "### **{number}. {title}**",
        "### *{number}.* {title} ###",
        "<h3>{number}. {title}</h3>",
        "## {title}",
        "some words first\n\n### {number}. {title}\nand more",
        "### {number}. {title}?!",
    ],
)
def test_headings_are_known_by_their_text_however_they_are_set(heading: str) -> None:
    cells = handed_in(heading=heading)
    assert owners(*cells) == RIGHT
    assert placed(*cells).uncertain == ()
    assert placed(*cells).recognised


def test_upper_case_and_lost_punctuation_do_no_harm() -> None:
    loud = [note(c.source.upper().replace(",", "")) if c.kind == "markdown" else c
            for c in handed_in()]  # fmt: skip
    assert owners(*loud) == RIGHT


def test_our_own_titles_are_headings_too() -> None:
    cells = [c for e in ASSIGNMENT.exercise for c in (note(f"## {e.title}"), answer(e.id))]
    assert owners(*cells) == RIGHT


def test_renumbered_headings_are_known_by_their_text() -> None:
    cells = []
    for new, (number, title) in enumerate(list(TITLES.items())[1:], 1):
        cells += [note(f"### {new}. {title}"), answer(number)]
    assert owners(*cells) == {k: v for k, v in RIGHT.items() if v != "1"}


def test_answers_in_another_order_go_where_their_heading_says() -> None:
    cells = handed_in()
    assert owners(*cells[10:], *cells[:10]) == RIGHT


def test_a_heading_may_be_a_comment_in_a_code_cell() -> None:
    cells = [code(f"# {n}. {t}\nanswer_{n} = {n}") for n, t in TITLES.items()]
    placement = placed(*cells)
    assert list(placement.exercise.values()) == IDS
    assert placement.written == frozenset(range(len(IDS)))


def test_split_answers_and_extra_cells_stay_with_their_exercise() -> None:
    cells = handed_in()
    cells[4:4] = [code("more = 2"), note("a thought"), code("more = 3"), note("# Aha\n## 12")]
    got = owners(*cells)
    assert got["more = 2"] == got["more = 3"] == "2"
    assert {k: v for k, v in got.items() if k in RIGHT} == RIGHT


def test_a_duplicated_heading_keeps_both_answers() -> None:
    cells = handed_in()
    cells += [cells[4], code("again = 3")]
    got = owners(*cells)
    assert got["again = 3"] == "3"
    assert got[answer("3").source] == "3"


def test_cells_before_the_first_exercise_belong_to_none() -> None:
    cells = [note("# My notebook"), code("import torch"), *handed_in()]
    assert owners(*cells)["import torch"] is None


def test_a_comment_like_a_heading_in_course_notes_does_not_take_the_answer() -> None:
    notes = [code("# Create a random tensor with the shape (7, 7)\nlesson = 1")]
    assert owners(*notes, *handed_in()) == {**RIGHT, notes[0].source: None}


def test_course_notes_with_numbers_of_their_own_are_not_the_exercises() -> None:
    notes = []
    for number, title in enumerate(["Intro", "Tensors", "Getting tensors", "Seeds"], 1):
        notes += [note(f"## {number}. {title}"), code(f"lesson_{number} = 1")]
    got = owners(*notes, *handed_in())
    assert all(v is None for k, v in got.items() if k.startswith("lesson"))
    assert {k: v for k, v in got.items() if k in RIGHT} == RIGHT


def test_section_numbers_with_dots_are_no_exercise_numbers() -> None:
    cells = handed_in()
    cells[4:4] = [note("### 3.1 About the tensors"), code("aside = 1")]
    assert owners(*cells)["aside = 1"] == "2"


@pytest.mark.parametrize("heading", ["### {}", "### {}.", "## Exercise {}", "**Question {}**",
                                     "### Task {}: mine", "# Ex. 0{}"])  # fmt: skip
def test_a_number_is_enough_where_the_text_is_gone(heading: str) -> None:
    cells = handed_in()
    cells[8] = note(heading.format(5))
    placement = placed(*cells)
    assert owners(*cells) == RIGHT
    assert any("5" in u and "number" in u for u in placement.uncertain)


def test_numbers_alone_are_never_believed_in_silence() -> None:
    cells = handed_in(heading="## Exercise {number}")
    assert owners(*cells) == RIGHT
    placement = placed(*cells)
    assert placement.uncertain or not placement.recognised


def test_a_number_out_of_order_is_not_believed() -> None:
    cells = handed_in(without="5")
    cells[2:2] = [note("### 5. My favourite numbers"), code("mine = 5")]
    assert owners(*cells)["mine = 5"] == "1"


def numbered_homework(*titles: str) -> list[Cell]:
    cells = []
    for number, title in enumerate(titles, 1):
        cells += [note(f"## {number}. {title}"), code(f"work_{number} = {number}")]
    return cells


def test_another_homework_with_numbered_headings_is_known_by_nothing_but_numbers() -> None:
    cells = numbered_homework(
        "Load the pictures", "Look at five of them", "Make a DataLoader", "Write a small CNN",
        "Train it for five epochs", "Draw the loss curves", "Make the model bigger",
        "Train with more data", "Predict on a photo", "Save the weights",
    )  # fmt: skip
    assert placed(*cells).by_number == tuple(IDS[1:])


@pytest.mark.parametrize(
    "heading",
    ["## {number}. Mein Wort", "# Ejercicio {number}", "### Exercice {number} : un mot",
     "**{number})** x", "## Übung {number}"],
)  # fmt: skip
def test_an_outline_of_ones_own_counts_the_exercises(heading: str) -> None:
    cells = [note("# 02. My answers to 2 chapters"), *handed_in(heading=heading)]
    assert owners(*cells) == RIGHT
    placement = placed(*cells)
    assert placement.recognised
    assert placement.by_number == tuple(IDS[1:])
    assert any("numbers only" in u for u in placement.uncertain)


@pytest.mark.parametrize(
    "comment",
    ["# {number}", "# {number}: ein Wort", "#### Ejercicio {number} ####",
     "# ---------- exercise {number} ----------"],
)  # fmt: skip
def test_comments_count_the_exercises_where_there_are_no_headings(comment: str) -> None:
    cells = [code("import torch"), note("My answers")]
    for number in IDS:
        cells.append(code(f"{comment.format(number=number)}\nanswer_{number} = 1"))
        cells.append(code(f"more_{number} = 1\n# 1. look\n# 2. look again"))
    placement = placed(*cells)
    assert placement.recognised
    assert placement.by_number == tuple(IDS[1:])
    found = owners(*cells)
    assert {e for source, e in found.items() if "answer_" in source} == set(IDS)
    assert all(f"_{e} = 1" in source for source, e in found.items() if e is not None)


def test_an_exercise_that_was_read_shares_a_cell_with_the_next_one() -> None:
    cells = [code("# 1. read\n\n# 2.\nanswer_2 = 1")]
    cells += [code(f"# {number}.\nanswer_{number} = 1") for number in IDS[2:]]
    assert set(owners(*cells).values()) == set(IDS[1:])


@pytest.mark.parametrize("comment", ["# {n}", "# Task {n}", "# {n}) mine"])
def test_comments_that_count_otherwise_than_the_sheet_are_no_outline(comment: str) -> None:
    """Nine answers to exercises 2 to 10, counted from 1: their places say which they are."""
    cells = [code(f"{comment.format(n=n)}\nanswer = {e}") for n, e in enumerate(IDS[1:], 1)]
    assert all(source.endswith(f"= {e}") for source, e in owners(*cells).items())


def test_steps_that_a_loop_counts_are_no_exercises() -> None:
    steps = ["forward", "loss", "clear", "backward", "step", "print", "test", "plot", "save"]
    cells = [
        note("# Training"),
        *(code(f"x = 1\n# {n}. {step}") for n, step in enumerate(steps, 1)),
        code("shown = 1"),
        code("kept = 1"),
    ]
    assert not placed(*cells).recognised


def test_exercises_without_a_heading_are_told() -> None:
    assert placed(*handed_in(without="5")).unheaded == ("5",)
    assert placed(*handed_in()).unheaded == ()


def test_a_comment_that_reads_like_a_heading_does_not_beat_an_outline() -> None:
    cells = handed_in(heading="## {number}. Own words")
    cells[3] = code(f"# {TITLES['4']}\n{cells[3].source}")
    assert owners(*cells)[cells[3].source] == "2"
    assert placed(*cells).by_number == tuple(IDS[1:])


def test_an_outline_that_contradicts_the_text_is_not_believed() -> None:
    titles = list(TITLES.values())
    cells = []
    for number, (said, exercise) in enumerate(
        zip([titles[0], *reversed(titles[1:])], ["1", *reversed(IDS[1:])], strict=True), 1
    ):
        cells += [note(f"## {number}. {said}"), answer(exercise)]
    assert owners(*cells) == RIGHT


@pytest.mark.parametrize(
    ("heading", "without"), [("## {title}", ""), ("## {number}. {title}", "9")]
)
def test_steps_within_an_answer_are_no_exercises(heading: str, without: str) -> None:
    cells = handed_in(heading=heading, without=without)
    at = cells.index(answer("3")) + 1
    steps = [(note(f"### Step {n}: mine"), code(f"step_{n} = 1")) for n in range(1, 11)]
    cells[at:at] = [cell for step in steps for cell in step]
    got = owners(*cells)
    assert {v for k, v in got.items() if k.startswith("step")} == {"3"}
    assert all(got[answer(e).source] == e for e in IDS if e != without)


def test_an_outline_that_starts_and_ends_early_is_no_outline() -> None:
    assert not placed(*handed_in(heading="## {number}. Own words")[:10]).recognised


def test_a_hand_in_that_shares_two_headings_with_this_one_is_another_homework() -> None:
    cells = [*handed_in()[2:6], note("## Now something else"), code("x = 1")]
    assert not placed(*cells).recognised


def test_half_of_the_headings_are_enough() -> None:
    assert placed(*handed_in()[8:]).recognised


def test_another_homework_without_numbers_has_no_exercise_of_this_one() -> None:
    placement = placed(note("# Essay"), code("a = 1"), note("## Results"), code("b = 2"))
    assert placement.exercise == {}
    assert not placement.recognised


def test_an_empty_notebook_has_no_exercise() -> None:
    assert placed() == Placement({}, frozenset(), (), recognised=False)


# The template's given lines are known by digest only; the tests bring lines of their own.
GIVEN = "# Make the thing that was asked for"
WITH_LINES = ASSIGNMENT.model_copy(
    update={"exercise": [
        e.model_copy(update={"lines": [digest(f"{GIVEN} {e.id}")]}) for e in ASSIGNMENT.exercise
    ]}
)  # fmt: skip


@pytest.mark.parametrize("lost", ["2", "5", "10"])
def test_given_lines_find_an_exercise_without_its_heading(lost: str) -> None:
    cells = [
        code(f"{GIVEN} {c.source.split()[-1]}\n{c.source}") if c.kind == "code" else c
        for c in handed_in(without=lost)
    ]
    book = notebook(*cells)
    placement = place(book, WITH_LINES)
    got = [placement.exercise.get(c.index) for c in book.code]
    assert got == IDS
    assert placement.recognised


def test_a_line_given_in_two_exercises_tells_nothing() -> None:
    shared = ASSIGNMENT.model_copy(
        update={"exercise": [
            e.model_copy(update={"lines": [digest(GIVEN)]}) for e in ASSIGNMENT.exercise
        ]}
    )  # fmt: skip
    assert place(notebook(code(f"{GIVEN}\nx = 1")), shared).exercise == {}


def test_a_missing_heading_is_said_and_the_answer_stays_with_its_neighbour() -> None:
    cells = handed_in(without="5")
    assert owners(*cells)[answer("5").source] == "4"
    assert any("exercise 5" in u for u in placed(*cells).uncertain)


def test_a_missing_heading_of_a_reading_exercise_matters_to_nobody() -> None:
    assert placed(*handed_in(without="1")).uncertain == ()


@pytest.mark.parametrize("first", [0, 1])
def test_bare_answers_are_taken_by_position_and_that_is_said(first: int) -> None:
    cells = [answer(i) for i in IDS[first:]]
    assert list(owners(*cells).values()) == IDS[first:]
    assert any("by position" in u for u in placed(*cells).uncertain)
    assert placed(*cells).recognised


def test_bare_cells_are_not_counted_out_where_their_number_differs() -> None:
    assert placed(*(code(f"a = {i}") for i in range(7))).exercise == {}


@pytest.mark.parametrize(
    "source",
    [
        "",
        "  \n\n",
        "# a comment\n   # another",
        "import torch",
        "import torch\nfrom torch import nn  # layers",
        "from torch import (\n    nn,\n    optim,\n)",
        "%matplotlib inline\n!pip install torchmetrics",
        "!nvidia-smi",
        '"""What I was going to do"""',
        "pass",
        "%%time\n# later",
        "\n\nimport torch",
        "%%capture\nimport torch",
    ],
)
def test_preparation_is_no_answer(source: str) -> None:
    assert not is_written(code(source), ASSIGNMENT)


@pytest.mark.parametrize(
    "source",
    [
        "x = 1",
        "import torch\ntorch.rand(7, 7)",
        "import torch; x = torch.rand(7, 7)",
        "%%time\nx = 1",
        "x",
        "This is what I would have done.",
        "x = = 1",
        "def f():\n    pass",
        "if True:\n    import torch",
        "'''Why'''\nx = 1",
    ],
)
def test_anything_else_is_an_answer(source: str) -> None:
    assert is_written(code(source), ASSIGNMENT)


def test_given_lines_are_no_answer_and_a_line_below_them_is() -> None:
    given = f"{GIVEN} 2\nresult = start_here(7)"
    lines = [digest(line) for line in given.splitlines()]
    known = ASSIGNMENT.model_copy(
        update={"exercise": [ASSIGNMENT.exercise[1].model_copy(update={"lines": lines})]}
    )
    assert not is_written(code(given), known)
    assert not is_written(code("\n  " + given.replace(" = ", "  =  ").upper() + "\n\n"), known)
    assert is_written(code(given + "\nresult + 1"), known)


def test_a_given_cell_is_no_answer() -> None:
    given = "device = choose()\ndevice"
    known = ASSIGNMENT.model_copy(update={"given_cells": [digest(given)]})
    assert not is_written(code(given + "\n"), known)
    assert is_written(code(given + "2"), known)


def test_a_long_cell_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr("grader.preparation.parse_cell", calls.append)
    assert is_written(code("x = 1\n" * 50), ASSIGNMENT)
    assert len(calls) <= 1


def test_metadata_has_no_say_and_markdown_is_never_an_answer() -> None:
    placement = placed(*(c for n, t in TITLES.items() for c in (note(f"## {n}. {t}"), note("x=1"))))
    assert placement.written == frozenset()
    assert set(placement.exercise.values()) == set(IDS)
