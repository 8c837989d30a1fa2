"""Challenges without a kernel: inputs, what authors write, what is asked, and what comes back."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import make_moons

from grader.asked import best_answer
from grader.assignment import Assignment, load_assignment
from grader.challenge import Challenge
from grader.checks.classifies import Classifies
from grader.checks.function_is import FunctionIs
from grader.checks.model_maps import ModelMaps
from grader.class_readings import readings
from grader.errors import AuthorError
from grader.evidence import Evidence, read_evidence
from grader.exercises import Placement
from grader.facts import Answered, Challenged
from grader.finding import passed
from grader.recipes import Grid, Moons, Points, Spirals
from grader.rubric import load_rubric
from grader.run.challenge import Asking, asking_after, read_answers
from grader.scene import Scene

COURSE_TEMPLATE = """
import numpy as np
np.random.seed(SEED)
X = np.zeros((N * K, 2))
y = np.zeros(N * K, dtype="uint8")
for j in range(K):
    ix = range(N * j, N * (j + 1))
    r = np.linspace(0.0, 1, N)
    t = np.linspace(j * 4, (j + 1) * 4, N) + np.random.randn(N) * 0.2
    X[ix] = np.c_[r * np.sin(t), r * np.cos(t)]
    y[ix] = j
"""


# Inputs


@pytest.mark.parametrize(("n", "noise"), [(1000, 0.07), (11, 0.3), (4, 0.0)])
@pytest.mark.parametrize("seed", [0, 42])
def test_moons_are_those_of_scikit_learn_to_the_last_bit(n: int, noise: float, seed: int) -> None:
    points, classes = make_moons(n_samples=n, noise=noise, random_state=seed)
    moons = Moons(n=n, noise=noise, seed=seed)
    assert moons.rows() == points.tolist()
    assert moons.classes() == classes.tolist()


@pytest.mark.parametrize(("n", "arms", "seed"), [(100, 3, 42), (7, 2, 0)])
def test_spirals_are_those_of_the_template_to_the_last_bit(n: int, arms: int, seed: int) -> None:
    names: dict[str, Any] = {"N": n, "K": arms, "SEED": seed}
    exec(COURSE_TEMPLATE, names)  # noqa: S102  (text of our own)
    spirals = Spirals(n=n, arms=arms, seed=seed)
    assert spirals.rows() == names["X"].tolist()
    assert spirals.classes() == names["y"].tolist()


def test_a_grid_has_every_pair_of_its_values() -> None:
    assert Grid(low=[0.0, 1.0], high=[1.0, 3.0], steps=2).rows() == [[0, 1], [0, 3], [1, 1], [1, 3]]
    line = Grid(low=[-1.0], high=[1.0], steps=5).rows()
    assert line == [[v] for v in np.linspace(-1, 1, 5).tolist()]


# What authors write

HEAD = 'id = "hw"\ntitle = "t"\n[[exercise]]\nid = "1"\ntitle = "Make"\n'
ASKED = '[[challenge]]\nid = "c"\nexercise = "1"\nask = "model"\ninputs = {}\n'
INPUTS = '{ kind = "points", points = [[0.0], [1.0]] }'
RUBRIC = """
assignment = "hw"
[[criterion]]
id = "1.a"
exercise = "1"
title = "a"
points = 1
core = true
check = {}
hints = ["Look."]
"""


def load(folder: Path, assignment: str, check: str = '{ kind = "model_made" }') -> Assignment:
    (folder / "assignments" / "hw").mkdir(parents=True)
    (folder / "rubrics").mkdir()
    (folder / "assignments" / "hw" / "assignment.toml").write_text(assignment)
    (folder / "rubrics" / "hw.toml").write_text(RUBRIC.replace("{}", check))
    loaded = load_assignment(folder, "hw")
    load_rubric(folder, loaded)
    return loaded


def test_a_challenge_is_read(tmp_path: Path) -> None:
    loaded = load(tmp_path, HEAD + ASKED.replace("{}", INPUTS))
    (challenge,) = loaded.challenge
    assert challenge.inputs == Points(points=[[0.0], [1.0]])


@pytest.mark.parametrize(
    ("assignment", "told"),
    [
        (ASKED.replace("{}", INPUTS).replace('"1"', '"2"'), "there is no exercise '2'"),
        (ASKED.replace("{}", INPUTS) * 2, "challenge 'c' occurs twice"),
        (ASKED.replace("{}", INPUTS).replace("ask", "of"), "of: unknown key"),
        (ASKED.replace("{}", INPUTS).replace('"model"', '"models"'), "'model' or 'function'"),
        (ASKED.replace("{}", "{ n = 5 }"), "inputs: needs a kind"),
        (ASKED.replace("{}", '{ kind = "moon" }'), "no kind 'moon'; did you mean 'moons'?"),
        (
            ASKED.replace("{}", '{ kind = "grid", low = [0.0], high = [1.0], step = 3 }'),
            "inputs.step: unknown key; did you mean 'steps'?",
        ),
        (ASKED.replace("{}", "3"), "inputs: must be a table, not 3"),
        (ASKED.replace("{}", '{ kind = "moons", n = 2, noise = 0.1, seed = 1 }'), "at least 4"),
        (ASKED.replace("{}", '{ kind = "grid", low = [0.0], high = [], steps = 3 }'), "high"),
        (ASKED.replace("{}", '{ kind = "points", points = [[0.0], [1.0, 2.0]] }'), "as the first"),
        (ASKED.replace("{}", '{ kind = "spirals", n = 2000, seed = 1 }'), "more than 10000"),
        (
            ASKED.replace("{}", '{ kind = "points", points = [[inf]] }'),
            "c: inputs.points, item 1, item 1: must be a finite number",
        ),
    ],
)
def test_what_is_wrong_with_a_challenge_is_told(tmp_path: Path, assignment: str, told: str) -> None:
    with pytest.raises(AuthorError) as caught:
        load(tmp_path, HEAD + assignment)
    assert all("assignment.toml" in p and "\n" not in p for p in caught.value.problems)
    assert told in " ".join(caught.value.problems)


@pytest.mark.parametrize(
    ("check", "told"),
    [
        ('{ kind = "model_maps", challenge = "d", straight = true }', "has no challenge 'd'"),
        ('{ kind = "model_maps", challenge = "c" }', "one of straight and outputs"),
        ('{ kind = "classifies", challenge = "c", at_least = 0.9 }', "have no classes"),
        ('{ kind = "function_is", challenge = "c", function = "tanh" }', 'ask = "function"'),
        ('{ kind = "classifies", challenge = "c", at_least = 0.9, half_from = 0.9 }', "below"),
    ],
)
def test_a_check_reads_a_challenge_that_is_there_and_fits(
    tmp_path: Path, check: str, told: str
) -> None:
    with pytest.raises(AuthorError) as caught:
        load(tmp_path, HEAD + ASKED.replace("{}", INPUTS), check)
    assert told in " ".join(caught.value.problems)


# What is asked

LINE = Challenge(id="c", exercise="1", ask="model", inputs=Points(points=[[0.0], [1.0], [2.0]]))
TASK = Assignment.model_validate(
    {"id": "x", "title": "x", "exercise": [{"id": "1", "title": "x"}],
     "challenge": [LINE.model_dump()]}
)  # fmt: skip
PLACED = Placement({0: "1", 1: "1"}, frozenset({1}), (), True)


def asking(evidence: Evidence) -> Asking:
    found = asking_after(1, evidence.facts, TASK, PLACED)
    assert found is not None
    return found


def test_the_models_of_the_exercise_are_asked_in_the_form_they_were_called_in() -> None:
    scene = Scene().cell("1")
    flat = scene.tensor([5], [1, 2, 3, 4, 5])
    scene.model("m1").model("m2").calls("m2", (flat,), train_grad=3).cell("2").model("m3")
    (asked,) = asking(scene.evidence()).content
    assert asked["numbers"] == [0.0, 1.0, 2.0]
    assert asked["models"] == [
        {"model": "m2", "shapes": [[3], [3, 1]]}, {"model": "m1", "shapes": [[3, 1], [3]]},
    ]  # fmt: skip


def test_what_nobody_answered_is_not_asked() -> None:
    untouched = PLACED._replace(written=frozenset())
    assert asking_after(1, (), TASK, untouched) is None


# What comes back

ITEM = {"challenge": "c", "model": "m1", "name": "", "by": "model", "type": "Line", "own": True,
        "ended": "told"}  # fmt: skip
SAID = {"shape": [3], "dtype": "float32", "values": [1.0, 2.0, 3.0]}
ASKING = Asking(1, (LINE,), [])


def read(*said: object) -> list[Answered]:
    raw = [{**ITEM, "said": s if isinstance(s, str) else json.dumps(s)} for s in said]
    return [f for f in read_answers(raw, ASKING) if isinstance(f, Answered)]


def test_an_answer_is_read() -> None:
    (answer,) = read(SAID)
    assert (answer.ended, answer.values, answer.cell, answer.exercise) == (
        "answered", [1, 2, 3], 1, "1",
    )  # fmt: skip


def test_numbers_that_are_not_finite_come_through(tmp_path: Path) -> None:
    (answer,) = read({**SAID, "values": [math.nan, math.inf, -math.inf]})
    file = tmp_path / "evidence.jsonl"
    evidence = Scene().evidence().model_copy(update={"facts": (answer,)})
    file.write_text("\n".join(evidence.lines()) + "\n")
    (again,) = read_evidence(file).everywhere(Answered)
    assert str(again.values) == "[nan, inf, -inf]"


@pytest.mark.parametrize(
    "said", ["", "{", "[]", "null", '{"values": "many"}', "[" * 5000, '{"shape": [-1]}',
             '{"values": [1], "sneaked": 2}', '{"shape": [2], "values": [1.0]}']
)  # fmt: skip
def test_what_a_fork_says_otherwise_is_no_answer(said: str) -> None:
    facts = read_answers([{**ITEM, "said": said}], ASKING)
    assert not any(isinstance(f, Answered) and f.ended == "answered" for f in facts)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@pytest.mark.slow
@given(json_values, st.dictionaries(st.sampled_from([*ITEM, "said", "left_out"]), json_values))
def test_no_reply_breaks_the_reading(raw: object, item: dict[str, Any]) -> None:
    for reply in (raw, [{**ITEM, **item}, raw]):
        asked, *_ = read_answers(reply, ASKING)
        assert isinstance(asked, Challenged)


@pytest.mark.parametrize(("told", "kept"), [(3, 3), (2**63, 10**6), (-1, 0), (True, 0)])
def test_how_many_were_left_out_is_a_number_that_can_be(told: object, kept: int) -> None:
    asked, *_ = read_answers([{"challenge": ITEM["challenge"], "left_out": told}], ASKING)
    assert isinstance(asked, Challenged)
    assert asked.left_out == kept


def test_a_reply_that_is_none_is_our_problem() -> None:
    (asked,) = read_answers(None, ASKING)
    assert isinstance(asked, Challenged)
    assert asked.problem


# What it means


def verdict(evidence: Evidence) -> str:
    return best_answer(evidence, "1", "c", lambda given: passed("there")).verdict


def story() -> Scene:
    return Scene().cell("1").challenge(0.0, 1.0)


@pytest.mark.parametrize(
    ("scene", "expected"),
    [
        (Scene().cell("1"), "no_evidence"),
        (story(), "failed"),
        (story().blind("models", "no"), "no_evidence"),
        (story().answers(1.0, 2.0), "passed"),
        (story().answers(1.0, 2.0, 3.0), "no_evidence"),
        (story().answers(1.0, shape=[]), "failed"),
        (story().answers(values=None, shape=[], dtype="NoneType"), "failed"),
        (story().answers(values=None, shape=[9999, 99]), "no_evidence"),
        (story().answers(ended="silent"), "no_evidence"),
        (story().answers(ended="out_of_time"), "failed"),
        (story().answers(ended="died"), "failed"),
        (story().answers(ended="raised", error="RuntimeError: shapes"), "no_evidence"),
        (story().answers(ended="raised", error="NotImplementedError: forward"), "failed"),
        (story().answers(ended="raised",
                         error="AttributeError: 'Line' object has no attribute 'w'"), "failed"),
        (story().answers(ended="raised",
                         error="AttributeError: 'Tensor' object has no attribute 'w'"),
         "no_evidence"),
        (story().answers(ended="died").answers(ended="silent"), "no_evidence"),
        (story().answers(ended="died").answers(1.0, 2.0), "passed"),
    ],
)  # fmt: skip
def test_what_it_means_that_nobody_answered(scene: Scene, expected: str) -> None:
    assert verdict(scene.evidence()) == expected


def test_a_run_that_the_hand_in_ended_is_not_withheld_here() -> None:
    scene = Scene().cell("1").ends("kernel_died").challenge(0.0, problem="cell 1 ended the kernel")
    assert verdict(scene.evidence(ending="kernel_died")) == "failed"


def test_the_best_of_several_models_counts_and_a_missing_one_withholds_a_loss() -> None:
    check = Classifies(challenge="c", at_least=0.9)
    moons = Moons(n=20, noise=0.1, seed=2)
    right = [float(c) for c in moons.classes()]
    scene = Scene().cell("1").challenge(inputs=moons).answers(*([0.0] * 20))
    assert check.look(scene.evidence(), "1").verdict == "failed"
    finding = check.look(scene.answers(*right).evidence(), "1")
    assert (finding.verdict, finding.strength) == ("passed", "challenged")
    few = Scene().cell("1").challenge(inputs=moons, left_out=1).answers(*([0.0] * 20))
    assert check.look(few.evidence(), "1").verdict == "no_evidence"


@pytest.mark.parametrize(
    ("values", "width", "only_logits", "share"),
    [
        ([-0.1, 3.0, 0.2, -5.0], 1, True, 1.0),
        ([0.1, 0.9, 0.6, 0.4], 1, True, 1.0),
        ([0.1, 0.9, 0.2, 0.0], 1, True, 0.75),
        ([0.0, 1.0, 1.0, 0.0], 1, True, 1.0),
        ([0.2, 1.1, 0.9, -0.1], 1, True, 0.75),
        ([0.2, 1.1, 0.9, -0.1], 1, False, 1.0),
        ([2, 1, 0, 5, 0, 5, 9, 1], 2, False, 1.0),
        ([1, 2, 5, 0, 5, 0, 1, 9], 2, False, 0.0),
    ],
)
def test_outputs_are_read_as_classes(
    values: list[float], width: int, only_logits: bool, share: float
) -> None:
    rows = [values[i : i + width] for i in range(0, len(values), width)]
    classes = [0, 1, 1, 0]
    read_as = [read for _, read in readings(rows, classes, only_logits=only_logits)]
    assert max(sum(a == b for a, b in zip(r, classes, strict=True)) for r in read_as) / 4 == share


def test_a_dead_network_is_a_line_and_a_tiny_bend_is_neither() -> None:
    check = ModelMaps(challenge="c", straight=False)
    points = (0.0, 1.0, 2.0, 3.0)

    def judged(*outputs: float) -> str:
        scene = Scene().cell("1").challenge(*points).answers(*outputs)
        return check.look(scene.evidence(), "1").verdict

    assert judged(0.0, 0.0, 0.0, 0.0) == "failed"
    assert judged(1.0, 2.0, 3.0, 4.002) == "no_evidence"
    assert judged(1.0, 2.0, 3.0, 4.5) == "passed"
    assert judged(1.0, 2.0, 3.0, math.nan) == "no_evidence"


def test_a_formula_is_compared_where_it_is_finite() -> None:
    check = FunctionIs(challenge="c", function="tanh")

    def judged(*outputs: float) -> str:
        scene = Scene().cell("1").challenge(-100.0, -1.0, 1.0, 100.0, ask="function")
        scene.answers(*outputs, by="function", type="function", name="f")
        return check.look(scene.evidence(), "1").verdict

    one = math.tanh(1)
    assert judged(math.nan, -one, one, math.nan) == "passed"
    assert judged(math.nan, -one, math.nan, math.nan) == "no_evidence"
    assert judged(math.nan, one, one, math.nan) == "failed"
