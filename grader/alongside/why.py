"""What a check rests on, part by part."""

from __future__ import annotations

from grader.alongside.desk import Looked
from grader.alongside.telling import Telling, paragraphs
from grader.tutor.faces import cut
from grader.tutor.practice import Remark


def reasons(looked: Looked, exercise: str) -> Telling:
    """Everything a check may tell of an exercise, and what follows from its first mistake."""
    found = looked.found
    lines = [f"Exercise {exercise}, part by part"]
    lines += [f"✓ {title}" for title in found.works]
    lines += [f"✗ {in_words(remark)}" for remark in found.wrong]
    lines += [f"? {in_words(remark)}" for remark in found.unjudged]
    mistakes = [
        d for d in looked.grade.diagnoses if d.exercise == exercise and d.id in found.faults
    ]
    lines += [f"What follows: {d.because}" for d in mistakes[:1]]
    if found.unjudged:
        lines.append("What is marked ? was not seen well enough here to say either way.")
    return paragraphs("\n".join(lines))


def in_words(remark: Remark) -> str:
    """A remark in one line."""
    seen = f"; seen: {remark.observed}" if remark.observed else ""
    wanted = f"; looked for: {remark.expected}" if remark.expected else ""
    return cut(f"{'' if remark.certain else 'possibly: '}{remark.what}{seen}{wanted}")
