"""The first job: runs hand-ins behind the fence and keeps what was seen. It knows no rubric.

How often fairness asks for another run hangs on the rubric, which is not here. So a hand-in that
looks around, or whose models were asked something, runs again, and as long as its answers differ,
once more: whatever the second job may want to see is there.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from grader.ci.bundle import Runs
from grader.ci.handed import Handed
from grader.errors import NoFence, Stopped
from grader.evidence import Evidence
from grader.facts import Answered
from grader.grading import Batch, further_run, gather, sources, without_run
from grader.rubric import Rubric
from grader.run.replaying import Replaying
from grader.sandboxes.choose import open_sandbox
from grader.sandboxes.sandbox import Sandbox
from grader.second_run import STARTS, varying, with_answers, worth_a_second_run
from grader.submission import mentioned, read_submission


def gather_all(
    hand_ins: list[Handed], sandbox_name: str, hidden: list[Path], tell: Callable[[str], None]
) -> tuple[dict[tuple[str, str], Runs], list[str]]:
    """What was seen of hand-ins, by assignment and student; and notes of how it went.

    Args:
        hand_ins: laid out.
        sandbox_name: fenced, or none.
        hidden: folders that no hand-in may see.
        tell: is told what is done.

    Raises:
        NoFence: nothing can be run here.
    """
    if not hand_ins:
        return {}, []
    modules = dict.fromkeys(m for one in hand_ins for m in one.assignment.preload)
    files = [one.path for one in hand_ins]
    found = {}
    opened = open_sandbox(sandbox_name, preload=mentioned(modules, files), hidden=hidden)
    with opened as sandbox:
        replay = Replaying(sandbox)
        try:
            for one in hand_ins:
                runs = gather_one(one, batch_for(one, sandbox, replay))
                found[one.place.assignment, one.place.student] = runs
                ending = next(iter(runs.evidence.values())).header.ending
                tell(f"{one.place.folder}: {ending.replace('_', ' ')}")
        finally:
            replay.close()
    return found, sandbox.notes


def batch_for(one: Handed, sandbox: Sandbox, replay: Replaying) -> Batch:
    """What a run hangs on; of the rubric nothing but that there is one."""
    nothing = Rubric(assignment=one.place.assignment, criteria=())
    return Batch(one.assignment, nothing, Path(), sandbox, replay=replay)


def gather_one(one: Handed, batch: Batch) -> Runs:
    """What was seen of one hand-in; this machine's trouble is tried a second time."""
    evidence, executed = run_once(one, batch)
    if evidence.header.ending == "host_failed":
        evidence, executed = run_once(one, batch)
    found = {batch.salt: evidence}
    student = one.place.student
    modules = sources(one.path, student, batch, one.arrival, evidence)
    asked = {a.challenge for a in evidence.everywhere(Answered)}
    again = asked and evidence.header.ending == "finished"
    if again or worth_a_second_run(evidence, modules):
        for number, salt in enumerate(STARTS, 1):
            other, _ = further_run(one.path, student, batch, one.arrival, salt)
            if other is None:
                break
            found[salt] = other
            evidence = with_answers(evidence, other, asked, again=number)
            if not varying(evidence, asked):
                break
    return Runs(found, executed)


def run_once(one: Handed, batch: Batch) -> tuple[Evidence, str | None]:
    """The evidence of one run, and its executed notebook; a bug of ours costs its run alone."""
    try:
        return gather(one.path, one.place.student, batch, lambda done, total: None, one.arrival)
    except (NoFence, Stopped):
        raise
    except Exception as problem:  # broad: whatever it is, it costs this hand-in's run alone
        why = f"a bug of ours: {type(problem).__name__}: {problem}"[:300]
        read = read_submission(one.path, one.place.student, batch.assignment, one.arrival)
        return without_run(read, batch.assignment, "host_failed", why), None
