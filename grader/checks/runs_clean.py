"""The exercise's cells run from top to bottom without an error."""

from __future__ import annotations

from grader.check import Check, Example
from grader.evidence import Evidence
from grader.finding import Finding, failed, passed
from grader.scene import Scene


class RunsClean(Check):
    """Every cell of the exercise ran to its end without an error.

    Warnings are no errors. Where the exercise holds nothing but comments and imports, it is missing
    all the same.
    """

    kind = "runs_clean"
    preparation_counts = True

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """The first cell that did not finish."""
        endings = evidence.endings(exercise)
        for end in endings:
            if end.ending != "finished":
                what = f"{end.ename}: {end.evalue}" if end.ename else end.ending
                return failed("a cell did not run to its end", expected="no error",
                              actual=what[:200], where=(end.seq,), strength="observed")  # fmt: skip
        if not endings:
            return failed("the exercise has no cell that ran", strength="observed")
        where = tuple(e.seq for e in endings)
        return passed("every cell ran to its end", where=where, strength="observed")

    @classmethod
    def examples(cls) -> list[Example]:
        """Finished, raised, none."""
        clean = Scene().cell("2").ends("finished").evidence()
        raised = Scene().cell("2").ends("raised", "NameError", "name 'x'").evidence()
        return [
            Example("cells that ran to their end", {}, clean, "2", "passed"),
            Example("a cell that raised an error", {}, raised, "2", "failed"),
            Example("no cell", {}, Scene().cell(None).evidence(), "2", "failed"),
        ]
