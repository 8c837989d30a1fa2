"""What is asked of a clean process, and what its answers say of claims: no kernel, no torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_evidence import FACTS, written

from grader.corroboration.code import Code
from grader.corroboration.corroborate import UNKNOWN, contradictions, corroborated
from grader.corroboration.displayed import tensors_in
from grader.corroboration.plan import Reply, Step, plan
from grader.errors import HostError
from grader.evidence import Evidence, number, read_evidence
from grader.facts import Corroborated, Doubted, Fact, OpSeen, OutputSeen, ProbeFailed, SeedUsed
from grader.footing import footing, rests_on
from grader.grade import Grade, Mark
from grader.scene import Scene

TORCH = "2.0.0"
SEED = SeedUsed(generator="cpu", value=7)
NUMBERS = [0.25, 0.5, 0.75, 0.125]


def steps(evidence: Evidence, kind: str) -> list[Step]:
    return [a.step for a in plan(evidence) if a.step["do"] == kind]


def told(shape: list[int], values: list[float], dtype: str = "float32") -> dict[str, Any]:
    return {"shape": shape, "dtype": dtype, "values": values}


def answering(evidence: Evidence, **by_kind: Reply) -> list[Reply]:
    """Replies to a plan: one for each kind of step, nothing for the others."""
    known = {"version": {"torch": f"{TORCH}+cpu"}, **by_kind}
    return [known.get(a.step["do"], {}) for a in plan(evidence)]


def product(source: str = "c = a @ b", result: float = 11.0, dtype: str = "float32") -> Scene:
    scene = Scene().cell("3", source)
    a = scene.tensor([1, 2], [1, 2], dtype=dtype)
    b = scene.tensor([2, 1], [3, 4], dtype=dtype)
    c = scene.tensor([1, 1], [result], dtype=dtype)
    return scene.op("matmul", [a, b], [c])


def draw(source: str = "x = torch.rand(4)", *, op: str = "rand", generator: str = "cpu") -> Scene:
    scene = Scene().cell("2", source)
    x = scene.tensor([4], NUMBERS)
    used = SeedUsed.model_validate({"generator": generator, "value": 7})
    return scene.op(op, [4], [x], seed=used)


# What is asked


def test_a_call_is_asked_with_its_inputs_and_without_its_result() -> None:
    (step,) = steps(product().evidence(), "call")
    assert step["op"] == "matmul"
    assert [a["values"] for a in step["args"]] == [[1, 2], [3, 4]]
    assert "11" not in str(step)


def test_dtypes_and_equations_are_told_as_such_and_devices_left_out() -> None:
    scene = Scene().cell("3")
    a = scene.tensor([2], [1, 2])
    scene.op("sum", [a, "<torch.float64>"], [a])
    scene.op("einsum", ["<i,i->>", a, a], [a])
    first, second = steps(scene.evidence(), "call")
    assert first["args"][1] == {"dtype": "float64"}
    assert second["args"][0] == {"equation": "i,i->"}


@pytest.mark.parametrize("argument", ["t99", "<slice>", "<cuda>", ["t99"], [["<Thing>"]]])
def test_a_call_with_an_unknown_argument_is_not_asked(argument: object) -> None:
    scene = Scene().cell("3")
    a = scene.tensor([2], [1, 2])
    assert not steps(scene.op("add", [a, argument], [a]).evidence(), "call")


def test_a_call_that_raised_or_only_moves_numbers_is_not_asked() -> None:
    scene = Scene().cell("3")
    a = scene.tensor([2], [1, 2])
    scene.op("add", [a, a], [], error="RuntimeError: no").op("to", [a, "<cuda>"], [a])
    assert not steps(scene.evidence(), "call")


def test_draws_are_asked_by_their_seeding_and_in_order() -> None:
    scene = Scene().cell("2")
    scene.tensor([2], random=True, seed=7)
    scene.tensor([3], random=True, seed=7)
    scene.seed("torch.manual_seed", 7)
    scene.tensor([4], random=True, seed=7)
    scene.tensor([5], random=True, seed=7, device="cuda:0")
    shapes = [[c["shape"] for c in s["calls"]] for s in steps(scene.evidence(), "draw")]
    assert shapes == [[[2], [3]], [[4]], [[5]]]
    assert [len(s["rows"]) for s in steps(scene.evidence(), "find")] == [2, 1, 1]


def test_after_a_draw_that_is_not_understood_the_rest_is_only_searched() -> None:
    scene = draw()
    scene.op("multinomial", [3], [scene.tensor([1], [0])], seed=SEED)
    scene.op("rand", [4], [scene.tensor([4], NUMBERS)], seed=SEED)
    (drawn,), (found,) = steps(scene.evidence(), "draw"), steps(scene.evidence(), "find")
    assert len(drawn["calls"]) == 1
    assert len(found["rows"]) == 2


@pytest.mark.parametrize(
    ("inputs", "named", "args"),
    [
        ([10, [4]], {}, [0, 10]),
        ([5, 10, [4]], {}, [5, 10]),
        ([], {"low": 5, "high": 10, "size": [4]}, [5, 10]),
        ([5], {"high": 10, "size": [4]}, [5, 10]),
    ],
)
def test_the_bounds_of_whole_numbers_are_read(
    inputs: list[Any], named: dict[str, Any], args: list[int]
) -> None:
    scene = Scene().cell("2")
    x = scene.tensor([4], [6, 7, 8, 9], dtype="int64")
    op = OpSeen(cell=0, op="randint", inputs=inputs, named=named, outputs=[x], seed=SEED)
    evidence = scene.evidence()
    evidence = Evidence(header=evidence.header, facts=number([*evidence.facts, op]))
    (step,) = steps(evidence, "draw")
    assert step["calls"][0]["args"] == args


# What the answers say of calls


def doubts_about(scene: Scene, reply: Reply, torch: str = TORCH) -> list[Doubted]:
    evidence = scene.evidence(torch=torch)
    return contradictions(evidence, answering(evidence, call=reply))


ELEVEN: Reply = {"any": [[told([1, 1], [11.0])]]}


def test_a_result_that_is_given_is_no_doubt() -> None:
    assert not doubts_about(product(), ELEVEN)


def test_a_result_that_is_not_given_is_a_doubt() -> None:
    (doubt,) = doubts_about(product(result=12.0), ELEVEN)
    assert (doubt.exercise, doubt.cell) == ("3", 0)
    assert "matmul" in doubt.reason


def test_a_result_of_another_shape_is_a_doubt() -> None:
    assert doubts_about(product(), {"any": [[told([1], [11.0])]]})


def test_either_way_to_read_a_call_will_do() -> None:
    reply = {"any": [[told([1, 1], [5.0])], [told([1, 1], [11.0])]]}
    assert not doubts_about(product(), reply)


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"any": []},
        {"any": [[None]]},
        {"any": [[]]},
        {"any": [[told([1, 1], [12.0], "float16")]]},
        {"any": [[told([1, 1], [float("nan")])]]},
        {"any": [[told([1, 1], [1e30])]]},
        {"any": [[told([1, 1], [11.001])]]},
    ],
)
def test_an_answer_that_says_nothing_is_no_doubt(reply: Reply) -> None:
    assert not doubts_about(product(), reply)


@pytest.mark.parametrize(
    "source",
    [
        "n = a.numpy()",
        "a.data += 1",
        "import numpy as np\nn = np.asarray(a)",
        "with torch.autocast('cpu'):\n    c = a @ b",
        "import threading",
        "import helper",
        "%%time\nc = a @ b",
        "exec('c = a @ b')",
        "this is prose, not code",
    ],
)
def test_where_honest_code_could_do_it_there_is_no_doubt(source: str) -> None:
    scene = product(source, result=12.0)
    scene.op("matmul", ["t1", "t2"], ["t3"])  # the second time, the tensors were told before
    reply = ELEVEN
    reasons = doubts_about(scene, reply)
    told_fresh = not ("autocast" in source or "threading" in source)
    assert len(reasons) <= told_fresh


@pytest.mark.parametrize("torch", ["", "1.9.0"])
def test_another_torch_says_nothing(torch: str) -> None:
    assert not doubts_about(product(result=12.0), ELEVEN, torch)


def test_a_dtype_that_rounds_coarsely_says_nothing() -> None:
    reply = {"any": [[told([1, 1], [11.0], "bfloat16")]]}
    assert not doubts_about(product(result=12.0, dtype="bfloat16"), reply)


def test_the_position_of_a_number_that_is_there_twice_is_nobodys_to_say() -> None:
    scene = Scene().cell("9")
    a = scene.tensor([2], [1, 1])
    scene.op("argmax", [a], [scene.tensor([], [1], dtype="int64")])
    assert not doubts_about(scene, {"any": [[told([], [0], "int64")]]})


def test_moving_keeps_the_numbers() -> None:
    for value, expected in ((2.0, 0), (3.0, 1)):
        scene = Scene().cell("6", "y = x.to('cuda')")
        x = scene.tensor([2], [1, 2])
        y = scene.tensor([2], [1, value], device="cuda:0")
        scene.op("to", [x, "<cuda>"], [y])
        assert len(doubts_about(scene, {})) == expected


# What the answers say of draws


def doubts_about_draws(scene: Scene, at: int | None, *more: Fact) -> list[Doubted]:
    evidence = scene.evidence(torch=TORCH)
    evidence = Evidence(header=evidence.header, facts=number([*evidence.facts, *more]))
    found = {"at": [at], "searched": 2**18}
    return contradictions(evidence, answering(evidence, find=found))


def test_numbers_of_the_seed_are_no_doubt_wherever_they_stand() -> None:
    assert not doubts_about_draws(draw(), 0)
    assert not doubts_about_draws(draw(), 1234)


def test_numbers_that_the_seed_does_not_give_are_a_doubt() -> None:
    (doubt,) = doubts_about_draws(draw(), None)
    assert "seed 7" in doubt.reason


def test_what_a_generator_of_ones_own_gives_is_no_doubt() -> None:
    assert not doubts_about_draws(draw("g = torch.Generator()", generator="own"), None)


@pytest.mark.parametrize(
    ("source", "doubted"),
    [
        ("x = torch.rand(4)", True),
        ("# Generator\nx = torch.rand(4)", True),
        ("x = torch.rand(4, generator=torch.Generator())", False),
        ("torch.cuda.default_generators[0]", False),
        ("for batch in DataLoader(data, shuffle=True): ...", False),
        ("train, test = random_split(data, [3, 1])", False),
        ("from torch.quasirandom import SobolEngine", False),
        ("import helper", False),
        ("%run setup.py", False),
    ],
)
def test_a_generator_of_ones_own_stands_in_the_code(source: str, doubted: bool) -> None:
    assert bool(doubts_about_draws(draw(source, generator="own"), None)) == doubted


def test_where_something_was_not_seen_numbers_are_no_doubt() -> None:
    blind = ProbeFailed(cell=0, probe="operations", problem="too many")
    assert not doubts_about_draws(draw(), None, blind)


def test_after_very_many_draws_numbers_are_no_doubt() -> None:
    scene = Scene().cell("1")
    scene.op("rand", [300, 300], [scene.tensor([300, 300], [])], seed=SEED)
    scene.cell("2").op("rand", [4], [scene.tensor([4], NUMBERS)], seed=SEED)
    assert not doubts_about_draws(scene, None)


# What the code says


@pytest.mark.parametrize(
    ("source", "call", "value", "doubted"),
    [
        ("torch.cuda.manual_seed(1234)", "torch.cuda.manual_seed", 1234, False),
        ("torch.manual_seed(1234)", "torch.cuda.manual_seed", 1234, True),
        ("torch.cuda.manual_seed(42)", "torch.cuda.manual_seed", 1234, True),
        ("x = 1", "torch.manual_seed", 1234, True),
        ("s = 1234\ntorch.manual_seed(s)", "torch.manual_seed", 1234, False),
        ("torch.manual_seed(1200 + 34)", "torch.manual_seed", 1234, False),
        ("f = torch.manual_seed\nf(1234)\ntorch.manual_seed(1)", "torch.manual_seed", 1234, False),
        ("from torch.cuda import manual_seed as f\nf(1234)", "torch.cuda.manual_seed", 1234, False),
        ("import lightning", "torch.manual_seed", 1234, False),
        ("%%time\ntorch.manual_seed(1234)", "torch.manual_seed", 1234, False),
        ("%run setup.py", "torch.manual_seed", 1234, False),
        ("numpy.random.seed(1)", "numpy.random.seed", 2, False),
    ],
)
def test_a_seeding_call_stands_in_the_code(
    source: str, call: str, value: int, doubted: bool
) -> None:
    evidence = Scene().cell("5", source).seed(call, value).evidence()
    assert bool(contradictions(evidence, [])) == doubted


@pytest.mark.parametrize(
    ("source", "doubted"),
    [
        ("x = torch.rand(2)", True),
        ("x = torch.rand(2, device='cuda')", False),
        ("x = x.to(0)", False),
        ("torch.set_default_device(d)", False),
        ("import helper", False),
    ],
)
def test_a_tensor_comes_to_a_gpu_by_code_that_asks_for_one(source: str, doubted: bool) -> None:
    scene = Scene().cell("6", source)
    scene.tensor([2], device="cuda:0")
    assert bool(contradictions(scene.evidence(), [])) == doubted


def test_code_is_read_up_to_a_cell() -> None:
    evidence = Scene().cell("1", "a = 1").cell("2", "torch.manual_seed(a)").evidence()
    code = Code(evidence)
    assert not code.until(0).seedings
    assert code.until(1).seedings[0].name == "a"
    assert code.until(1).constants == {("a", 1)}
    assert code.until(99).text == ""


# What the output shows


@pytest.mark.parametrize(
    ("text", "shape", "values"),
    [
        ("tensor([[0.2500, 0.5000],\n        [0.7500, 0.1250]])", [2, 2], NUMBERS),
        ("tensor([1., 2.])", [2], [1, 2]),
        ("tensor(3)", [], [3]),
        ("tensor(0.5617, device='cuda:0')", [], [0.5617]),
        ("tensor([True, False])", [2], [1, 0]),
        ("tensor([[1.0000e-02, 3.5000e+04]], requires_grad=True)", [1, 2], [0.01, 35000]),
        ("tensor([-1, 2], dtype=torch.int32)", [2], [-1, 2]),
        ("(tensor([1.5000], grad_fn=<MulBackward0>), torch.Size([1]))", [1], [1.5]),
    ],
)
def test_a_tensor_is_read_from_text(text: str, shape: list[int], values: list[float]) -> None:
    (shown,) = tensors_in(text)
    assert (shown.shape, shown.values) == (shape, values)


@pytest.mark.parametrize(
    "text",
    [
        "tensor([0.1000, ..., 0.2000])",
        "tensor([nan, 1.0000])",
        "tensor([], size=(0, 3))",
        "tensor([[1, 2], [3]])",
        "tensor(indices=tensor_of([1]))",
        "tensor([1.+2.j])",
        "my_tensor([1, 2])",
        "tensor(indices=tensor([[0, 1]]), size=(2,), layout=torch.sparse_coo)",
        "tensor([1, 2]",
        "tensor(",
        "tensor(" * 50_000,
        "tensor([" + "[" * 5000 + "]" * 5000 + "])",
    ],
)
def test_what_is_not_understood_is_no_tensor(text: str) -> None:
    assert not list(tensors_in(text))


def shows(text: str, source: str = "x", device: str = "cpu") -> list[Doubted]:
    scene = Scene().cell("2", source)
    scene.tensor([2, 2], NUMBERS, ways=("bound", "shown"), device=device)
    scene.prints(text).ends("finished")
    return contradictions(scene.evidence(), [])


RIGHT = "tensor([[0.2500, 0.5000],\n        [0.7500, 0.1250]])"
OTHER = "tensor([[0.2500, 0.5000],\n        [0.7500, 0.9990]])"


def test_numbers_that_were_shown_as_told_are_no_doubt() -> None:
    assert not shows(RIGHT)
    assert not shows("tensor([[0.2, 0.5], [0.8, 0.1]])")  # printed with one decimal
    assert not shows("tensor([[0., 0.], [1., 0.]])")  # and with none


def test_other_numbers_than_told_are_a_doubt() -> None:
    assert [d.exercise for d in shows(OTHER)] == ["2"]


def test_another_device_than_told_is_a_doubt() -> None:
    assert not shows(RIGHT[:-1] + ", device='cuda:0')", "x.cuda()", device="cuda:0")
    assert shows(RIGHT, "x.cuda()", device="cuda:0")
    assert not shows(RIGHT, "nn.Linear(2, 2).cuda()", device="cuda:0")


@pytest.mark.parametrize(
    "source",
    [f"print('''{OTHER}''')", "x.numpy()[0] = 1", "!python other.py", "import other"],
)
def test_what_code_can_print_by_itself_is_no_doubt(source: str) -> None:
    assert not shows(OTHER, source)


def test_a_tensor_of_another_shape_says_nothing() -> None:
    assert not shows("tensor([1.5000])")


# What is borne out, and what points rest on


def with_replies(evidence: Evidence, **by_kind: Reply) -> Evidence:
    return corroborated(evidence, lambda asked: answering(evidence, **by_kind))


def borne_out(evidence: Evidence) -> dict[str, list[int]]:
    return {c.how: c.claims for c in evidence.everywhere(Corroborated)}


def test_a_result_of_inputs_that_nothing_bears_out_is_not_borne_out() -> None:
    assert not borne_out(with_replies(product().evidence(torch=TORCH), call=ELEVEN))


def test_a_result_of_drawn_numbers_is_borne_out() -> None:
    scene = draw()
    x = scene.tensor([4], NUMBERS)  # told again: in the next cell
    scene.op("sum", ["t1"], [scene.tensor([], [1.625])])
    evidence = with_replies(
        scene.evidence(torch=TORCH),
        find={"at": [0], "searched": 0}, call={"any": [[told([], [1.625])]]},
    )  # fmt: skip
    seqs = {getattr(f, "handle", getattr(f, "op", "")): f.seq for f in evidence.facts}
    assert borne_out(evidence)["replayed"] == [seqs[k] for k in ("t1", "rand", "t3", "sum")]
    assert seqs[x] not in borne_out(evidence)["replayed"]


def test_what_the_output_shows_is_borne_out_unless_it_was_typed() -> None:
    for source, expected in (("x", ["displayed"]), (f"x\nprint('''{RIGHT}''')", [])):
        scene = Scene().cell("2", source)
        scene.tensor([2, 2], NUMBERS, ways=("shown",))
        evidence = with_replies(scene.prints(RIGHT).evidence())
        assert list(borne_out(evidence)) == expected


def test_a_seeding_call_that_is_written_is_borne_out() -> None:
    evidence = with_replies(
        Scene().cell("5", "torch.cuda.manual_seed(1)").seed("torch.cuda.manual_seed", 1)
        .seed("torch.manual_seed", 1).seed("torch.cuda.manual_seed", 2).evidence()
    )  # fmt: skip
    assert borne_out(evidence) == {"written": [1]}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("torch.manual_seed(1)", True),
        ("import torch as t\nt.manual_seed(1)", True),
        ("import torch as t\nt.random.manual_seed(1)", True),
        ("from torch import manual_seed as f\nf(1)", False),  # not known to be about a seed
        ("from torch import manual_seed\nmanual_seed(1)", True),
        ("from torch.cuda import manual_seed\nmanual_seed(1)", False),
        ("SEED = 1\ntorch.manual_seed(SEED)", True),
        ("SEED = 2\ntorch.manual_seed(SEED)", False),
        ("torch.manual_seed(seed=1)", True),
        ("torch.Generator().manual_seed(1)", False),
        ("g.manual_seed(1)", False),
        ("torch.cuda.manual_seed(1)", False),
        ("random.seed(1)", False),
    ],
)
def test_a_seeding_call_is_written_in_many_ways(source: str, expected: bool) -> None:
    evidence = Scene().cell("4", source).seed("torch.manual_seed", 1).evidence()
    assert bool(borne_out(with_replies(evidence))) == expected


def test_without_a_clean_process_there_is_a_doubt_and_what_needs_none_is_said() -> None:
    def gone(asked: list[Step]) -> list[Reply]:
        raise HostError("gone")

    scene = product(result=12.0)
    scene.cell("5", "torch.manual_seed(1)").seed("torch.manual_seed", 1)
    evidence = corroborated(scene.evidence(torch=TORCH), gone)
    assert [c.how for c in evidence.everywhere(Corroborated)] == ["written"]
    (doubt,) = evidence.everywhere(Doubted)
    assert doubt.reason == UNKNOWN


def test_what_is_said_comes_back_from_its_file(tmp_path: Path) -> None:
    scene = product(result=12.0)
    scene.cell("5", "torch.manual_seed(1)").seed("torch.manual_seed", 1)
    evidence = with_replies(scene.evidence(torch=TORCH), call=ELEVEN)
    assert evidence.everywhere(Doubted)
    assert evidence.everywhere(Corroborated)
    assert read_evidence(written(tmp_path, evidence)).facts == evidence.facts


def test_what_is_said_is_found_by_its_exercise() -> None:
    evidence = product(result=12.0).evidence(torch=TORCH)
    assert evidence.attempted("3")  # asked before, so that nothing of it may be kept
    assert with_replies(evidence, call=ELEVEN).of("3", Doubted)


def test_what_is_said_stands_at_the_end_and_in_order() -> None:
    before = product(result=12.0).evidence(torch=TORCH)
    after = with_replies(before, call=ELEVEN)
    assert after.facts[: len(before.facts)] == before.facts
    assert [f.seq for f in after.facts] == list(range(len(after.facts)))
    assert isinstance(after.facts[-1], Doubted)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, derandomize=True)
@given(facts=FACTS, reply=st.sampled_from([{}, ELEVEN, {"at": [None], "searched": 9}]))
def test_no_claim_upsets_it(facts: list[Any], reply: Reply) -> None:
    evidence = Evidence(header=product().evidence(torch=TORCH).header, facts=number(facts))
    asked = plan(evidence)
    corroborated(evidence, lambda steps: [reply for _ in asked])


def mark(criterion: str, strength: str, where: list[int], earned: float = 5) -> Mark:
    return Mark.model_validate(
        {"criterion": criterion, "exercise": "5", "core": True, "verdict": "passed", "share": 1,
         "earned": earned, "possible": 5, "because": "", "expected": "", "actual": "",
         "strength": strength, "where": where, "cells": []}
    )  # fmt: skip


def test_points_are_counted_by_what_they_rest_on() -> None:
    scene = Scene().cell("5", "torch.manual_seed(1)").seed("torch.manual_seed", 1)
    evidence = with_replies(scene.seed("torch.manual_seed", 2).prints("x").evidence())
    output = next(f.seq for f in evidence.facts if isinstance(f, OutputSeen))
    marks = [
        mark("a", "observed", [output]), mark("b", "claimed", [1]), mark("c", "claimed", [1, 2]),
        mark("d", "claimed", [1, output]), mark("e", "claimed", []), mark("f", "claimed", [1], 0),
        mark("g", "claimed", [output]),
    ]  # fmt: skip
    grade = Grade.model_validate(
        {"schema": "grader/grade/v1", "assignment": "a", "student": "s", "submission": "",
         "earned": 30, "withheld": 0, "possible": 35, "final": True, "ending": "finished",
         "needs_a_person": [], "exercises": [], "marks": marks}
    )  # fmt: skip
    assert rests_on(grade, evidence) == {
        "observed": 10, "challenged": 0, "corroborated": 10, "claimed": 10
    }  # fmt: skip
    assert footing(marks[1], evidence, {1}) == "corroborated"
