"""The attacks of tests/hostile/, all in one batch with innocent hand-ins, through the real command.

Graded as an ordinary user. Where root runs the tests, what root's rights might help is graded as
root too, and with the long tests all of it.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from attack import FOLDER, Attack, attacks
from bait import ASSIGNMENT, TRACE, digest, mounts, traces, unix_sockets
from hostile_batch import Batch, bystanders, grade_batch

from grader.notebook import parse_cell
from grader.printed import MOST_LEVELS, lists_in

pytestmark = pytest.mark.alone
ATTACKS = attacks()
INNOCENT = bystanders(ATTACKS)
RIGHTS = ("escaping", "reading", "writing", "network", "lingering", "poisoning")
"""Files of attacks that may fare better with root's rights."""
ROWS = range(1, 46)
MOST_MEMORY_MB = 600
"""Of a process outside the fence; the warm parent takes some hundred."""
MOST_DISK_MB = 300
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


WHO = {"ordinary": ATTACKS}
"""Who grades, and which attacks; root beside the ordinary user where it can be."""
if os.geteuid() == 0:
    WHO["root"] = [attack for attack in ATTACKS if attack.name.startswith(RIGHTS)]
    WHO["root-everything"] = ATTACKS
SOAK = {"root-everything": pytest.mark.soak}


def each_of(told: Callable[[list[Attack]], Iterable[Any]]) -> list[Any]:
    """What is told of the attacks that somebody grades, each beside who grades it."""
    return [
        pytest.param(who, one, id=f"{who}-{getattr(one, 'name', one)}", marks=SOAK.get(who, ()))
        for who, attacks in WHO.items()
        for one in told(attacks)
    ]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Batch]:
    """The batch that somebody graded; it is graded once."""

    @cache
    def batch(who: str) -> Batch:
        attacks, user = WHO[who], who.partition("-")[0]
        return grade_batch(tmp_path_factory.mktemp("h"), user, attacks, bystanders(attacks))

    return batch


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    """The innocent hand-ins, with nobody else in their batch."""
    return grade_batch(tmp_path_factory.mktemp("q"), "ordinary", [], INNOCENT)


@pytest.fixture(params=[pytest.param(who, marks=SOAK.get(who, ())) for who in WHO])
def batch(request: pytest.FixtureRequest, graded: Callable[[str], Batch]) -> Batch:
    """Attacks with innocent hand-ins between them, as somebody graded them."""
    return graded(request.param)


def test_every_known_attack_is_tried_or_told_why_not() -> None:
    tried = {row for attack in ATTACKS for row in attack.rows}
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    listed = {int(n): says for n, says in re.findall(r"(?m)^\| (\d+) \|[^|]*\| (.*) \|$", text)}
    assert sorted(listed) == list(ROWS)
    elsewhere = {n for n in ROWS if "odd files" in listed[n] or "elsewhere" in listed[n]}
    untold = [n for n in ROWS if n not in tried | elsewhere and not skipped(listed[n])]
    assert untold == []
    assert [n for n in tried if skipped(listed[n])] == []


SOURCES = {
    "many magics": "%pwd\n" * 150 + "x = 1\n" * 5000,
    "many shell lines": "!ls {x}\n" * 150 + "x = 1\n" * 5000,
    "escaped quotes": "x = " + "\\'" * 50_000,
    "deep brackets": "x = " + "(" * 50_000 + "1" + ")" * 50_000,
    "many attributes": "x" + ".real" * 50_000,
    "many branches": "if x:\n    y = 1\n" + "elif x: y = 1\n" * 50_000,
    "open quotes": "x = '''" * 20_000,
    "open brackets": "x = [" * 20_000,
    "continued lines": "x = 1 + \\\n" * 50_000 + "1",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SOURCES)
def test_no_source_keeps_the_grader_itself_busy(name: str) -> None:
    started = time.process_time()
    parse_cell(SOURCES[name])
    assert time.process_time() - started < 4


def test_no_output_costs_the_grader_much_more_memory_than_it_is_long() -> None:
    text = "[" * 2000 + "1," * 2000 + "]" * 2000
    copied = sum(len(found.values) for found in lists_in(text))
    assert copied < 20 * len(text)


def test_of_brackets_without_end_only_the_innermost_are_told() -> None:
    found = list(lists_in("[" * 2000 + "1, 2" + "]" * 2000))
    assert [f.depth for f in found] == list(range(1, MOST_LEVELS + 1))
    assert all(f.values == [1, 2] for f in found)
    assert [f.depth for f in lists_in("[" * 2000 + "1" + "]" * 2000 + " [3, 4]")][-1] == 1


def skipped(says: str) -> bool:
    return says.startswith("cannot occur: ")


@pytest.mark.kernel
def test_the_command_ends_well(batch: Batch) -> None:
    assert batch.code == 0, batch.said[-3000:]
    assert "Traceback" not in batch.said


@pytest.mark.kernel
@pytest.mark.parametrize(("batch", "attack"), each_of(lambda attacks: attacks), indirect=["batch"])
def test_attack_earns_nothing_and_is_told(batch: Batch, attack: Attack) -> None:
    grade = batch.grade(batch.students[attack.name])
    shown = batch.outputs(batch.students[attack.name])
    reasons = grade["needs_a_person"]
    wrong = []
    if grade["earned"] > attack.earned:
        wrong.append(f"earned {grade['earned']}, at most {attack.earned} would be fair")
    if grade["ending"] not in attack.endings:
        wrong.append(f"ended as {grade['ending']}, not as {' or '.join(attack.endings)}")
    if attack.reason and not any(attack.reason in reason for reason in reasons):
        wrong.append(f"a person should hear of {attack.reason!r}")
    if attack.noticed and (grade["final"] or not reasons):
        wrong.append("nobody noticed")
    if attack.final is not None and grade["final"] is not attack.final:
        wrong.append(f"final is {grade['final']}")
    if grade["ending"] != "finished" and not reasons:
        wrong.append("no person hears of a run that did not end well")
    if attack.raised is not None and not raised(batch, attack):
        wrong.append(f"exercise {attack.raised} raised, and the evidence does not say so")
    if attack.tried and "tried" not in shown:
        wrong.append("it was stopped before it had tried everything, so this proves nothing")
    if "NO FENCE" in shown:
        wrong.append("there was no fence around it")
    wrong += sorted({line[:300] for line in shown.splitlines() if line.startswith("GOT IN")})
    if wrong:
        pytest.fail("\n".join([attack.tries, *wrong, f"{reasons}", shown[-1500:]]), pytrace=False)


def raised(batch: Batch, attack: Attack) -> bool:
    """Whether the evidence says that a cell of the exercise raised."""
    path = batch.record(batch.students[attack.name]) / "evidence.jsonl"
    facts = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    ended = [f for f in facts if f["kind"] == "cell_ended" and f["exercise"] == str(attack.raised)]
    return any(f["ending"] == "raised" for f in ended)


@pytest.mark.kernel
def test_no_secret_is_in_any_record_or_on_the_screen(batch: Batch) -> None:
    files = [p for p in (batch.ground.out / ASSIGNMENT).rglob("*") if p.is_file()]
    files = [p for p in files if p.parent.name != "earlier"] + [batch.ground.out / "grades.csv"]
    texts = {str(p): p.read_text(encoding="utf-8", errors="replace") for p in files}
    texts["the screen"] = batch.said
    told = [
        f"{where} tells the secret of {place}"
        for place, secret in batch.ground.secrets.items()
        for where, text in texts.items()
        if secret in text and not (place == "rubric" and where.endswith(".html"))  # a hint
    ]
    assert told == []


@pytest.mark.kernel
def test_nobody_came_to_the_listeners(batch: Batch) -> None:
    assert batch.visits == []


@pytest.mark.kernel
def test_nothing_outside_was_changed(batch: Batch) -> None:
    after = digest(batch.ground.watched)
    changed = {p for p in batch.before.keys() | after.keys() if batch.before.get(p) != after.get(p)}
    assert changed == set()


@pytest.mark.kernel
def test_only_records_were_written(batch: Batch) -> None:
    found = {p.name for p in (batch.ground.out / ASSIGNMENT).iterdir()}
    assert found == {*batch.students.values(), *batch.innocents, "earlier"}
    found = {p.name for p in batch.ground.out.iterdir()}
    assert found == {ASSIGNMENT, ".lock", "grades.csv", "index.html", "secret.txt"}
    files = {p.name for p in batch.ground.out.glob(f"{ASSIGNMENT}/*/*")}
    assert files == {"evidence.jsonl", "executed.ipynb", "grade.json", "report.html",
                     "review.html", "source.json", "keys.json"}  # fmt: skip


@pytest.mark.kernel
def test_no_trace_is_left(batch: Batch) -> None:
    assert traces() == []
    left = [str(p) for p in batch.ground.out.parent.rglob("*") if TRACE in p.name]
    assert left == []


@pytest.mark.kernel
def test_no_process_mount_socket_or_folder_is_left(batch: Batch) -> None:
    assert batch.left == []
    assert mounts(batch.ground.tmp) == []
    assert unix_sockets(batch.ground.tmp) == []
    assert list(batch.ground.tmp.iterdir()) == []


@pytest.mark.kernel
def test_the_grader_itself_was_not_exhausted(batch: Batch) -> None:
    assert batch.memory_mb < MOST_MEMORY_MB
    assert batch.disk_mb < MOST_DISK_MB


@pytest.mark.kernel
@pytest.mark.parametrize(("batch", "student"), each_of(bystanders), indirect=["batch"])
def test_an_innocent_hand_in_is_graded_as_if_it_were_alone(
    batch: Batch, quiet: Batch, student: str
) -> None:
    assert batch.grade(student) == quiet.grade(student)
    for name in ("evidence.jsonl", "grade.json"):
        one, other = ((b.record(student) / name).read_text() for b in (batch, quiet))
        assert one == other
    if not student.endswith("witness"):  # it looks around as an attacker would
        assert quiet.grade(student)["earned"] == (89 if student.endswith("bo") else 100)


@pytest.mark.kernel
def test_no_hand_in_steers_the_screen(batch: Batch) -> None:
    assert CONTROL.findall(batch.said) == []
    lines = batch.said.splitlines()
    assert [line for line in lines if line.lstrip().startswith(("::", "##vso"))] == []
    table = Path(batch.ground.out / "grades.csv").read_text(encoding="utf-8")
    assert CONTROL.findall(table) == []
