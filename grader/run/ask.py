"""Reads what the kernel says happened in the cell that ran last.

The answer is text from a hostile process: capped, parsed into the closed union of claims, and
whatever does not fit is dropped and counted. Behind a fence it bears a seal that only the probes
can give; an answer without it is taken like any other, and doubted.
"""

from __future__ import annotations

import hmac
from hashlib import blake2b
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from grader.facts import AnyClaim, Claim, Doubted, ProbeFailed

MAX_CLAIMS = 4000
QUESTION = "evidence_request"
BROKEN = "what its process told of it is not what was seen there, or not all of it"

_claims: TypeAdapter[Claim] = TypeAdapter(AnyClaim)


class Answer(NamedTuple):
    """What came back for a question.

    Attributes:
        content: of the message: `facts`, and the `seal`.
        question: its kind and content, which no other has; the seal is for it alone.
        key: that the kernel seals with; empty where it does not.
    """

    content: dict[str, Any]
    question: str
    key: bytes

    @property
    def genuine(self) -> bool:
        """Whether it is as the probes gave it, as far as that can be known."""
        if not self.key:
            return True
        try:
            told = repr([self.question, self.content.get("facts")]).encode()
        except (RecursionError, ValueError):  # nested too deep, text that is none, endless numbers
            return False
        seal = blake2b(told, key=self.key).hexdigest()
        return hmac.compare_digest(seal.encode(), str(self.content.get("seal")).encode())


def not_genuine(cell: int) -> Doubted:
    """The doubt about a hand-in whose kernel answered otherwise than the probes do."""
    return Doubted(cell=cell, reason=f"{BROKEN} (cell {cell + 1})")


def read_claims(raw: object, cell: int, exercise: str | None) -> list[Claim]:
    """The claims in a kernel's answer, and one more that counts what was dropped."""
    raw = raw if isinstance(raw, list) else []
    claims: list[Claim] = []
    dropped = max(0, len(raw) - MAX_CLAIMS)
    for item in raw[:MAX_CLAIMS]:
        try:
            claims.append(_claims.validate_python({**item, "cell": cell, "exercise": exercise}))
        except (ValidationError, TypeError):
            dropped += 1
    if dropped:
        problem = f"{dropped} facts were not in the agreed form"
        claims.append(ProbeFailed(cell=cell, exercise=exercise, probe="wire", problem=problem))
    return claims
