"""Evidence that an attacker wrote: nothing crashes, and no point is gained over the honest file."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pull_requests import ID, NAME, SAMPLES

from grader.assignment import load_assignment
from grader.ci.bundle import MANIFEST, Bundle, write_bundle
from grader.ci.gathering import batch_for, gather_one
from grader.ci.handed import Handed, Place
from grader.ci.judging import Judged, judge_handed
from grader.ci.writing import published
from grader.grading import Batch, grade_file
from grader.rubric import load_rubric
from grader.run.replaying import Replaying
from grader.sandboxes.sandbox import Sandbox
from grader.submission import Arrival

COURSE = Path(__file__).parents[1]
COMMIT = "a" * 40
PLACE = Place(ID, "bo", f"submissions/{ID}/bo")


class Ground:
    """An honest hand-in with mistakes, the bundle that its run left, and what that earns."""

    def __init__(self, folder: Path, fence: Sandbox) -> None:
        self.handed = Handed(
            PLACE, load_assignment(COURSE, ID), SAMPLES / "bo" / NAME, Arrival(NAME),
            f"{PLACE.folder}/{NAME}",
        )  # fmt: skip
        with_replay = Replaying(fence)
        try:
            runs = gather_one(self.handed, batch_for(self.handed, fence, with_replay))
        finally:
            with_replay.close()
        self.folder = folder / "evidence"
        self.digest = write_bundle(self.folder, "a/b", COMMIT, {(ID, "bo"): runs})
        self.file = self.folder / "0.run-0.jsonl"
        self.text = self.file.read_text()
        self.manifest = (self.folder / MANIFEST).read_text()
        self.honest = self.judge()
        self.fence = fence

    def judge(self, digest: str = "") -> Judged:
        """What the bundle as it lies there earns."""
        bundle = Bundle(self.folder, digest or self.digest, "a/b", COMMIT)
        return judge_handed(self.handed, bundle, COURSE, None)

    def with_text(self, text: str, *, attested: bool) -> Judged:
        """What the hand-in earns by other evidence.

        Args:
            text: of the evidence.
            attested: whether the manifest is changed with it, as who owns the first job could.
        """
        data = text.encode("utf-8", "surrogatepass")
        self.file.write_bytes(data)
        digest = ""
        if attested:
            manifest = json.loads(self.manifest)
            manifest["hand_ins"][0]["runs"][0]["sha256"] = hashlib.sha256(data).hexdigest()
            told = json.dumps(manifest).encode()
            (self.folder / MANIFEST).write_bytes(told)
            digest = hashlib.sha256(told).hexdigest()
        try:
            return self.judge(digest)
        finally:
            self.file.write_text(self.text)
            (self.folder / MANIFEST).write_text(self.manifest)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory, fence: Sandbox) -> Ground:
    return Ground(tmp_path_factory.mktemp("bundle"), fence)


Mutation = Callable[[str, random.Random], str]


def a_byte(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text))
    return text[:at] + chr(chance.choice([0, 10, 34, 44, 48, 57, 91, 123, 0x202E])) + text[at + 1 :]


def cut_short(text: str, chance: random.Random) -> str:
    return text[: chance.randrange(len(text))]


def a_piece_less(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text))
    return text[:at] + text[at + chance.randrange(1, 400) :]


def a_line_twice(text: str, chance: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    at = chance.randrange(len(lines))
    return "".join(lines[: at + 1] + lines[at:])


def lines_swapped(text: str, chance: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "".join(lines)


def a_line_less(text: str, chance: random.Random) -> str:
    """A fact left out, and all that counts them put right."""
    header, *facts = text.splitlines()
    told = [json.loads(line) for line in facts]
    del told[chance.randrange(len(told))]
    for number, fact in enumerate(told):
        fact["seq"] = number
    head = json.dumps({**json.loads(header), "facts": len(told)})
    return "\n".join([head, *(json.dumps(fact) for fact in told)]) + "\n"


ODD = ["1e999", "-1", "99999999999999999999", "null", "true", "[]", "{}", '"\\ud800"', "NaN",
       '"' + "9" * 5000 + '"', "[" * 500 + "]" * 500, '"::error::x"', "0.5"]  # fmt: skip


def another_value(text: str, chance: random.Random) -> str:
    """Any value after a colon or in a list becomes an odd one."""
    spots = list(re.finditer(r'(?<=[:,\[])("(?:[^"\\]|\\.)*"|-?[0-9.e+]+|true|false|null)', text))
    spot = chance.choice(spots)
    return text[: spot.start()] + chance.choice(ODD) + text[spot.end() :]


def another_name(text: str, chance: random.Random) -> str:
    spots = list(re.finditer(r'"(\w+)":', text))
    one, other = chance.choice(spots), chance.choice(spots)
    return text[: one.start(1)] + other[1] + text[one.end(1) :]


TEXTUAL: list[Mutation] = [a_byte, cut_short, a_piece_less]
MUTATIONS: list[Mutation] = [
    a_byte, cut_short, a_piece_less, a_line_twice, lines_swapped, a_line_less, another_value,
    another_name,
]  # fmt: skip


def attack(ground: Ground, count: int) -> None:
    """Mutate, and judge: nothing may crash, or earn more than the honest file."""
    refused = 0
    for number in range(count):
        chance = random.Random(number)  # noqa: S311  (the same files every time)
        mutate = MUTATIONS[number % len(MUTATIONS)]
        text = mutate(ground.text, chance)
        if number % 3 == 0:
            text = chance.choice(TEXTUAL)(text, chance) if len(text) > 5000 else text
        for attested in (False, True):
            got = ground.with_text(text, attested=attested)
            about = f"{mutate.__name__}, seed {number}, attested {attested}"
            assert not got.bug, f"{about}: {got.bug}"
            assert got.grade.earned <= ground.honest.grade.earned, about
            assert got.grade.possible == ground.honest.grade.possible, about
            if text != ground.text and not attested:
                assert got.trouble, about
                assert got.grade.earned == 0, about
            assert published(got).outcome, about
            refused += attested and bool(got.trouble)
    assert refused > count // 2


@pytest.mark.kernel
def test_two_jobs_come_to_the_grade_that_one_command_comes_to(
    ground: Ground, tmp_path: Path
) -> None:
    rubric = load_rubric(COURSE, ground.handed.assignment)
    replay = Replaying(ground.fence)
    batch = Batch(ground.handed.assignment, rubric, tmp_path, ground.fence, replay=replay)
    try:
        graded = grade_file(ground.handed.path, "bo", batch, arrival=ground.handed.arrival)
    finally:
        replay.close()
    assert graded.grade == ground.honest.grade


REPLAYED = {
    "as it is": [],
    "under the other's name": ["student"],
    "under the other's name and file": ["student", "submission"],
    "and from the other's seed": ["student", "submission", "initial_seed"],
}


@pytest.mark.kernel
@pytest.mark.parametrize("bent", REPLAYED)
def test_evidence_of_a_better_hand_in_is_not_taken_for_this_one(ground: Ground, bent: str) -> None:
    place = PLACE._replace(student="amara", folder=f"submissions/{ID}/amara")
    other = ground.handed._replace(place=place, path=SAMPLES / "amara" / NAME)
    replay = Replaying(ground.fence)
    try:
        evidence = gather_one(other, batch_for(other, ground.fence, replay)).evidence[0]
    finally:
        replay.close()
    own = json.loads(ground.text.partition("\n")[0])
    header = evidence.header.model_copy(update={key: own[key] for key in REPLAYED[bent]})
    text = "\n".join(evidence.model_copy(update={"header": header}).lines()) + "\n"
    got = ground.with_text(text, attested=True)
    assert "not of this hand-in" in got.trouble
    assert (got.grade.earned, got.grade.withheld) == (0, 100)


@pytest.mark.kernel
@pytest.mark.slow
def test_three_hundred_mutated_files_crash_nothing_and_gain_nothing(ground: Ground) -> None:
    assert ground.honest.grade.earned == 89
    assert not ground.honest.trouble
    attack(ground, 300)


@pytest.mark.soak
@pytest.mark.kernel
def test_ten_thousand_mutated_files_crash_nothing_and_gain_nothing(ground: Ground) -> None:
    attack(ground, 10_000)
