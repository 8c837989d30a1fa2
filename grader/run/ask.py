"""Asks the kernel what happened in the cell that ran last.

The answer is text from a hostile process: capped, parsed into the closed union of claims, and
whatever does not fit is dropped and counted.
"""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient
from pydantic import TypeAdapter, ValidationError

from grader.facts import AnyClaim, Claim, ProbeFailed

MAX_CLAIMS = 4000

_claims: TypeAdapter[Claim] = TypeAdapter(AnyClaim)


async def ask(client: AsyncKernelClient, seconds: float) -> list[Any] | None:
    """The raw facts of the last cell; None if the kernel does not answer in time."""
    message = client.session.msg("evidence_request", {})
    client.shell_channel.send(message)
    own = message["header"]["msg_id"]
    try:
        async with asyncio.timeout(seconds):
            while True:
                reply = await client.get_shell_msg(timeout=seconds)
                if reply["parent_header"].get("msg_id") == own:
                    facts = reply["content"].get("facts")
                    return facts if isinstance(facts, list) else []
    except Exception as problem:  # queue.Empty, zmq errors, a reply without the fields of a reply
        if isinstance(problem, asyncio.CancelledError):
            raise
        return None


def read_claims(raw: list[Any], cell: int, exercise: str | None) -> list[Claim]:
    """The claims in a kernel's answer, and one more that counts what was dropped."""
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
