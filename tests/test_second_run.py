"""Which hand-ins are run twice, and what two runs disagree about."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest
from test_grade import Says, answers, asks, graded

from grader import grading
from grader.assignment import Assignment, Exercise
from grader.checks.classifies import Classifies
from grader.evidence import Ending, Evidence, read_evidence
from grader.facts import Answered, Doubted, OutputSeen
from grader.finding import Finding, Verdict, failed, passed
from grader.grade import Grade
from grader.grading import Batch
from grader.recipes import Moons, Own
from grader.rubric import Rubric
from grader.sandboxes.plain import Plain
from grader.scene import Scene
from grader.second_run import STARTS, differing, looks_around, worth_a_second_run
from grader.starts import within_reach

NO_SANDBOX = Plain(1)


class Silent(Says):
    """Passes where nothing is printed."""

    kind: ClassVar[str] = "silent"

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        return failed("printed") if evidence.of(exercise, OutputSeen) else passed("silent")


@pytest.mark.parametrize(
    "source",
    [
        "import os\nif 'GRADER' in os.environ: pass",
        "import os as o\no.getenv('X')",
        "from os import environ",
        "import socket\nsocket.gethostname()",
        "import getpass\ngetpass.getuser()",
        "import time\nstart = time.time()",
        "from timeit import default_timer as timer",
        "from datetime import datetime",
        "import sys\nsys.argv",
        "import sys\n'ipykernel' in sys.modules",
        "import platform\nplatform.node()",
        "import psutil",
        "open('/proc/cpuinfo')",
        "import os\nos.path.exists('/usr/bin/git')",
        "!hostname",
        "!pip list | grep torch",
        "%env",
        "torch.initial_seed()",
        "getattr(__import__('o' + 's'), 'env' + 'iron')",
        "import os\nos.path.expanduser('~/x')",
    ],
)
def test_code_that_could_tell_runs_apart_is_worth_a_second_run(source: str) -> None:
    assert looks_around("import torch\n" + source)


@pytest.mark.parametrize(
    "source",
    [
        "x = torch.rand(7, 7)\nprint(x, x.shape)",
        "import random\nrandom.random()",
        "import os\nos.path.exists('data')\nos.makedirs('models', exist_ok=True)",
        "from pathlib import Path\nPath('/content/data').mkdir()",
        "import os\nos.listdir('/kaggle/input')",
        "!pip install -q torchmetrics\n!nvidia-smi\n%matplotlib inline\n%%time\nx = 1",
        "device = 'cuda' if torch.cuda.is_available() else 'cpu'\ntorch.cuda.device_count()",
        "print('a/b', 'https://pytorch.org', '/')",
        "import sys\nsys.stdout.write('x')",
        "prose, (and no Python",
    ],
)
def test_ordinary_code_runs_once(source: str) -> None:
    assert not looks_around("import torch\n" + source)


def test_names_are_followed_from_cell_to_cell() -> None:
    assert looks_around("%%time\nimport os\nos.environ")
    assert looks_around("e.get('X')", "from os import path as p\nimport os as o\ne = o.environ")


def test_only_a_whole_run_without_doubts_is_held_against_another() -> None:
    scene = answers("1").cell("1", "import time\ntime.time()")
    assert worth_a_second_run(scene.evidence())
    assert not worth_a_second_run(scene.evidence(ending="out_of_time", why="too long"))
    assert not worth_a_second_run(scene.doubts("so").evidence())
    assert not worth_a_second_run(answers("1").evidence())


def run(*verdicts: Verdict, ending: Ending = "finished") -> Grade:
    exercises = [str(i) for i, _ in enumerate(verdicts, 1)]
    criteria = [asks(f"{e}.a", v) for e, v in zip(exercises, verdicts, strict=True)]
    return graded(answers(*exercises).evidence(ending=ending, why="x"), *criteria)


def test_exercises_that_come_out_differently_are_named() -> None:
    [doubt] = differing(run("passed", "passed", "failed"), run("passed", "failed", "failed"))
    assert (doubt.exercise, doubt.cell) == ("2", 1)
    assert doubt.reason == "two runs of this hand-in disagree: correct in one, wrong in the other"


def test_equal_runs_give_no_doubt() -> None:
    assert differing(run("passed", "failed"), run("passed", "failed")) == []


@pytest.mark.parametrize("ending", ["out_of_time", "host_failed", "kernel_died"])
def test_a_run_that_did_not_finish_says_nothing(ending: Ending) -> None:
    assert differing(run("passed"), run("failed", ending=ending)) == []


def test_what_one_run_could_not_judge_is_no_difference() -> None:
    assert differing(run("passed"), run("no_evidence")) == []


def test_a_hand_in_that_looks_around_is_graded_in_two_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    salts: list[int] = []

    def gather(path: Path, student: str, batch: Batch, *rest: object) -> tuple[Evidence, None]:
        salts.append(batch.salt)
        scene = answers("1", "2").cell("2", "import time; time.time()").ends("finished")
        return (scene if batch.salt == 5 else scene.prints("caught")).evidence(), None

    monkeypatch.setattr(grading, "gather", gather)
    criteria = [asks("1.a", "passed"), asks("2.a", Silent())]
    exercises = [Exercise(id=i, title=i) for i in ("1", "2")]
    assignment = Assignment(id="a", title="a", exercise=exercises)
    rubric = Rubric(assignment="a", criteria=criteria)
    batch = Batch(assignment, rubric, tmp_path, NO_SANDBOX, salt=5)
    graded = grading.grade_file(tmp_path / "x", "s", batch)
    assert salts == [5, STARTS[0]]
    assert [m.verdict for m in graded.grade.marks] == ["passed", "no_evidence"]
    [reason] = graded.grade.needs_a_person
    assert reason.startswith("exercise 2: two runs of this hand-in disagree")
    kept = read_evidence(graded.folder / "evidence.jsonl")
    assert [d.exercise for d in kept.everywhere(Doubted)] == ["2"]


def test_a_second_run_that_came_to_nothing_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gather(path: Path, student: str, batch: Batch, *rest: object) -> tuple[Evidence, None]:
        if batch.salt:
            raise OSError("the disk is full")
        return answers("1").cell("1", "import time; time.time()").evidence(), None

    monkeypatch.setattr(grading, "gather", gather)
    assignment = Assignment(id="a", title="a", exercise=[Exercise(id="1", title="one")])
    rubric = Rubric(assignment="a", criteria=[asks("1.a", "passed")])
    batch = Batch(assignment, rubric, tmp_path, NO_SANDBOX)
    grade = grading.grade_file(tmp_path / "x", "s", batch).grade
    assert (grade.earned, grade.final, grade.needs_a_person) == (10, True, [])


MOONS = Moons(n=40, noise=0.1, seed=0)


@pytest.mark.parametrize(
    ("right_in", "bad_luck", "verdict", "runs"),
    [
        ({5: 1.0}, True, "passed", [5]),
        ({5: 0.5, STARTS[0]: 1.0}, True, "passed", [5, *STARTS[:1]]),
        ({5: 0.5, STARTS[0]: 0.6, STARTS[1]: 1.0}, True, "passed", [5, *STARTS[:2]]),
        ({5: 0.5, STARTS[0]: 0.5}, True, "failed", [5, *STARTS[:1]]),
        (dict(zip((5, *STARTS), (0.5, 0.55, 0.6, 0.5), strict=True)), True, "failed",
         [5, *STARTS]),
        (dict(zip((5, *STARTS), (0.8, 0.75, 0.85, 0.8), strict=True)), True, "no_evidence",
         [5, *STARTS]),
        ({5: 0.5, STARTS[0]: 1.0}, False, "failed", [5]),
    ],
)  # fmt: skip
def test_the_best_of_several_starts_counts_while_they_differ(
    right_in: dict[int, float],
    bad_luck: bool,
    verdict: Verdict,
    runs: list[int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    salts: list[int] = []

    def gather(path: Path, student: str, batch: Batch, *rest: object) -> tuple[Evidence, None]:
        salts.append(batch.salt)
        right = round(40 * right_in[batch.salt])
        logits = [1.0 if bool(c) == (i < right) else -1.0 for i, c in enumerate(MOONS.classes())]
        scene = answers("1").challenge(inputs=MOONS)
        return scene.answers(*logits, shape=[40, 1]).ends("finished").evidence(), None

    monkeypatch.setattr(grading, "gather", gather)
    check = Classifies(challenge="c", at_least=0.9, bad_luck=bad_luck)
    assignment = Assignment(id="a", title="a", exercise=[Exercise(id="1", title="one")])
    rubric = Rubric(assignment="a", criteria=[asks("1.a", check)])
    batch = Batch(assignment, rubric, tmp_path, NO_SANDBOX, salt=5)
    done = grading.grade_file(tmp_path / "x", "s", batch)
    assert ([m.verdict for m in done.grade.marks], salts) == ([verdict], runs)
    kept = read_evidence(done.folder / "evidence.jsonl")
    assert [a.again for a in kept.everywhere(Answered)] == [*range(len(runs))]


def test_the_further_starts_of_a_hand_in_are_the_same_from_every_initial_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    salts: list[int] = []

    def gather(path: Path, student: str, batch: Batch, *rest: object) -> tuple[Evidence, None]:
        salts.append(batch.salt)
        logits = [float(batch.salt) - 7] * 40
        scene = answers("1").challenge(inputs=MOONS)
        return scene.answers(*logits, shape=[40, 1]).ends("finished").evidence(), None

    monkeypatch.setattr(grading, "gather", gather)
    check = Classifies(challenge="c", at_least=0.9, bad_luck=True)
    assignment = Assignment(id="a", title="a", exercise=[Exercise(id="1", title="one")])
    rubric = Rubric(assignment="a", criteria=[asks("1.a", check)])
    for salt in (5, 9):
        batch = Batch(assignment, rubric, tmp_path, NO_SANDBOX, salt=salt)
        grading.grade_file(tmp_path / "x", "s", batch)
    assert salts == [5, *STARTS, 9, *STARTS]


@pytest.mark.parametrize(
    ("reached", "near"),
    [
        ([], False),
        ([0.9], False),
        ([0.95, 0.95], False),
        ([0.95, 0.94], True),
        ([0.9, 0.89, 0.9], False),
        ([0.5, 0.9], True),
        ([0.2, 0.7], False),  # by more than luck
    ],
)
def test_a_threshold_is_in_reach_of_runs_that_lie_apart(reached: list[float], near: bool) -> None:
    assert within_reach(reached, 0.96) == near


def test_runs_are_compared_on_the_same_points() -> None:
    """A test part without points of a class is no luck, though all points come out better."""
    points = Own(of=MOONS, found=0.02, test=[*range(30, 40)])
    truth = MOONS.classes()
    logits = [3.0 if c and i < 30 else -3.0 for i, c in enumerate(truth)]
    scene = Scene().cell("1").challenge(inputs=MOONS).answers(*logits, shape=[40, 1])
    scene.challenge(challenge="own", inputs=points)
    for again in range(3):
        scene.answers(*logits, challenge="own", shape=[40, 1], again=again)
        if again:
            scene.answers(*logits, shape=[40, 1], again=again)
    check = Classifies(challenge="c", own="own", at_least=0.96, bad_luck=True)
    found = check.look(scene.evidence(), "1")
    assert found.verdict == "failed", found
