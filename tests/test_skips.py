"""Tests are skipped only for a written reason, and some reasons are refused by .ci/run."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import skips

TESTS = Path(__file__).parent
CI = TESTS.parent / ".ci"
SKIPPING = ("pytest.skip", "pytest.mark.skip", "pytest.mark.skipif", "pytest.importorskip")
CONSTANTS = {name for name, value in vars(skips).items() if value in skips.REASONS}


def without_reason(source: str) -> Iterator[int]:
    """Lines that skip a test without one of the constants of skips.py as the reason."""
    tree = ast.parse(source)
    calls = {id(n.func): n for n in ast.walk(tree) if isinstance(n, ast.Call)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or ast.unparse(node) not in SKIPPING:
            continue
        call = calls.get(id(node))
        if call is None or reason_of(call) not in CONSTANTS:
            yield node.lineno


def reason_of(call: ast.Call) -> str | None:
    """The name, without its module, that a skipping call passes as its reason."""
    given = [k.value for k in call.keywords if k.arg == "reason"]
    if not given and ast.unparse(call.func) in ("pytest.skip", "pytest.mark.skip"):
        given = call.args[:1]
    return ast.unparse(given[0]).removeprefix("skips.") if given else None


OWN = [p for p in sorted(TESTS.rglob("*.py")) if p.parent.name != "golden_forms"]  # hand-ins


@pytest.mark.parametrize("path", OWN, ids=lambda p: p.name)
def test_every_skip_has_a_written_reason(path: Path) -> None:
    assert list(without_reason(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("pytest.skip(skips.GPU)", []),
        ("@pytest.mark.skipif(not found, reason=BROWSER)\ndef test_x(): ...", []),
        ("pytest.skip('not today')", [1]),
        ("@pytest.mark.skipif(found, reason=why)\ndef test_x(): ...", [1]),
        ("\n@pytest.mark.skip\ndef test_x(): ...", [2]),
        ("pytest.importorskip('playwright')", [1]),
    ],
)
def test_reasons_are_found_in_source(source: str, lines: list[int]) -> None:
    assert list(without_reason(source)) == lines


def run_check(tmp_path: Path, inside: str) -> subprocess.CompletedProcess[str]:
    report = tmp_path / "report.xml"
    report.write_text(f"<testsuites><testsuite>{inside}</testsuite></testsuites>")
    command = [sys.executable, str(CI / "check_skips.py"), str(report)]
    return subprocess.run(
        [*command, str(CI / "allowed-skips.txt")], capture_output=True, text=True, check=False
    )


def case(reason: str) -> str:
    return f'<testcase classname="tests" name="test_x"><skipped message="{reason}"/></testcase>'


def test_an_allowed_skip_passes(tmp_path: Path) -> None:
    assert run_check(tmp_path, case(skips.GPU)).returncode == 0


def test_a_refused_skip_fails_and_is_named(tmp_path: Path) -> None:
    result = run_check(tmp_path, case(skips.BROWSER))
    assert result.returncode == 1
    assert f"tests.test_x: {skips.BROWSER}" in result.stdout


def test_a_report_without_tests_fails(tmp_path: Path) -> None:
    assert run_check(tmp_path, "").returncode != 0


def test_the_allowed_reasons_are_a_shorter_list_of_the_written_ones() -> None:
    lines = (CI / "allowed-skips.txt").read_text(encoding="utf-8").splitlines()
    allowed = {line for line in lines if line and not line.startswith("#")}
    assert allowed < set(skips.REASONS)
