"""Fails on every skipped test whose reason is not allowed here.

    python .ci/check_skips.py REPORT.xml ALLOWED.txt

REPORT.xml is what `pytest --junitxml` wrote. A test that is expected to fail counts as skipped.
"""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree


def allowed_reasons(path: Path) -> set[str]:
    """The lines of a file, without comments and blank ones."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {line.strip() for line in lines if line.strip() and not line.startswith("#")}


def skipped(report: Path) -> list[tuple[str, str]]:
    """Name and reason of each skipped test of a report.

    Raises:
        ValueError: the report holds no test at all.
    """
    cases = list(ElementTree.parse(report).iter("testcase"))  # noqa: S314  (pytest wrote it)
    if not cases:
        raise ValueError(f"{report}: no test in it")
    return [
        (f"{case.get('classname')}.{case.get('name')}", skip.get("message") or "no reason given")
        for case in cases
        for skip in case.iter("skipped")
    ]


def main() -> None:
    """Print what was skipped without leave, and fail if anything was."""
    report, allowed = Path(sys.argv[1]), allowed_reasons(Path(sys.argv[2]))
    refused = [(name, why) for name, why in skipped(report) if why not in allowed]
    for name, why in refused:
        print(f"skipped for a reason not allowed here: {name}: {why}")
    sys.exit(bool(refused))


if __name__ == "__main__":
    main()
