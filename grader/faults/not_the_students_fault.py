"""Something that this machine or the network lacks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from grader.evidence import Evidence
from grader.facts import CellEnded
from grader.fault import Example, Fault
from grader.finding import Diagnosis
from grader.obstacles import lacking
from grader.scene import Scene

BROKEN = re.compile(
    r"invalid hash value|WinError|DLL load failed|partially initialized module"
    r"|cannot import name '\w+' from '(?:numpy|scipy|pandas|matplotlib|torch)\._"
)
"""What a package says that is damaged, or does not fit another one."""


class NotTheStudentsFault(Fault):
    """A cell that needs what is not here, or a package that is broken."""

    id = "N03"
    title = "the environment stood in the way, not the code"
    severity = "N"
    stage = "environment"
    component = "process"
    hints = (
        "The failure comes from the installation or the network.",
        "Code can be right and still fail where a package, a file or a device is missing. It costs"
        " no points.",
        "Install what is missing, or run the cell where it is there.",
    )

    def find(self, evidence: Evidence, exercise: str) -> Iterator[Diagnosis]:
        """Cells that lack something, and packages that cannot be used."""
        lacks = evidence.once(lacking)
        for end in evidence.endings(exercise):
            needs = lacks.get(end.cell) or self._broken(end)
            if needs:
                yield self.at(
                    end, exercise, observed=f"{end.ename or end.ending}: {end.evalue or ''}",
                    expected=f"a machine with {needs.split(',')[0]}",
                    because=f"the cell needs {needs}",
                )  # fmt: skip

    def _broken(self, end: CellEnded) -> str:
        of_package = end.ename in ("ImportError", "OSError", "AttributeError", "RuntimeError")
        broken = of_package and BROKEN.search(end.evalue or "")
        return "an installation whose packages fit each other" if broken else ""

    @classmethod
    def examples(cls) -> list[Example]:
        """A missing module, a damaged file, and an error of the code."""

        def scene(name: str, said: str) -> Evidence:
            return Scene().cell("3", "import x").ends("raised", name, said).evidence()

        module = "No module named 'torchmetrics'"
        file = 'invalid hash value (expected "7eb33cd5", got "a")'
        return [
            Example("a missing module", scene("ModuleNotFoundError", module), "3", True),
            Example("a damaged file", scene("RuntimeError", file), "3", True),
            Example("an error of the code", scene("RuntimeError", "shapes differ"), "3", False),
        ]
