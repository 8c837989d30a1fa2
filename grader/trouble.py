"""What this machine kept a run from showing, though the run came to its end.

Another run of the same hand-in may show it. What a machine does not have, a module or a GPU, is
no such thing: it would be missing again.
"""

from __future__ import annotations

from grader.evidence import Evidence
from grader.facts import Answered, Challenged, ProbeFailed

UNHEARD = "the answers did not arrive"
UNTOLD = "the kernel did not say what happened"
UNBROUGHT = "the files did not come out in time"


def troubled(evidence: Evidence) -> bool:
    """Whether something went unheard that the same hand-in may show when it runs again."""
    if evidence.header.ending == "host_failed":
        return True
    failures = evidence.everywhere(ProbeFailed)
    return (
        any(f.probe == "reload" or f.problem in (UNTOLD, UNBROUGHT) for f in failures)
        or any(c.problem == UNHEARD for c in evidence.everywhere(Challenged))
        or any(a.ended == "silent" for a in evidence.everywhere(Answered))
    )
