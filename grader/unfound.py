"""A hand-in in which the exercises could not be found, and what its student is told of that.

It may be another homework, or this one under other headings. That is the instructor's doubt, and a
person's to settle; a student can do no more about it than write the headings that are looked for.
"""

from __future__ import annotations

from grader.another_homework import DOUBT
from grader.grade import Grade


def unfound(grade: Grade) -> bool:
    """Whether too few exercises were found, or they were told by their numbers and hold others."""
    return grade.ending == "unrecognised" or any(m.because == DOUBT for m in grade.marks)


def to_student(grade: Grade) -> str:
    """What became of such a hand-in, and how exercises are found: two sentences."""
    told = "could be told by their numbers alone"
    if grade.ending == "unrecognised":
        told = "could not be found in this hand-in"
    return (
        f"the exercises of {grade.assignment} {told}, and a person will look at it before anything"
        f" counts. {headings_of(grade)}"
    )


def in_practice(grade: Grade) -> str:
    """The same where nothing counts."""
    there = f"the exercises of {grade.assignment} could not be found in this notebook"
    return f"{there}. {headings_of(grade)}"


def headings_of(grade: Grade) -> str:
    """How the headings read by which exercises are found."""
    first = next(((e.id, e.title) for e in grade.exercises), ("1", ""))
    return (
        "Each is found by the heading above it, in a text cell and in the words that it was given"
        f" out with or those of its title: “## {first[0]}. {first[1]}”"
    )
