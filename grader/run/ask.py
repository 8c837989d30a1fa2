"""Reads what the kernel says happened in the cell that ran last.

The answer is text from a hostile process: capped, parsed into the closed union of claims, and
whatever does not fit is dropped and counted.
"""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError

from grader.facts import AnyClaim, Claim, ProbeFailed

MAX_CLAIMS = 4000
QUESTION = "evidence_request"

_claims: TypeAdapter[Claim] = TypeAdapter(AnyClaim)


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
