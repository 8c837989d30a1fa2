"""Evidence comes back from its file as it went in, and nothing else is taken for evidence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from grader.errors import EXIT_HOST, HostError
from grader.evidence import Ending, Evidence, Header, number, read_evidence
from grader.facts import (
    CellEnded,
    CellEnding,
    CellRead,
    DeviceAsked,
    Doubted,
    Fact,
    OpSeen,
    OutputSeen,
    ProbeFailed,
    SeedSet,
    SeedUsed,
    TensorSeen,
)
from grader.run.ask import MAX_CLAIMS, read_claims
from grader.scene import Scene

HEADER = Header(
    schema="grader/evidence/v1", assignment="a", student="s", submission="0" * 64, ending="finished"
)

TEXT = st.text(max_size=12)
NUMBER = st.floats() | st.sampled_from([float("nan"), float("inf"), float("-inf"), -0.0, 5e-324])
WHOLE = st.integers(-(2**70), 2**70)
SCALAR = st.booleans() | WHOLE | NUMBER | TEXT | st.none()
NESTED = st.lists(SCALAR | st.lists(SCALAR | st.lists(SCALAR, max_size=2), max_size=2), max_size=3)
WHERE = {
    "cell": st.integers(0, 99),
    "exercise": st.none() | TEXT,
    "line": st.none() | st.integers(1, 9),
}

READ = st.builds(CellRead, **WHERE, source=TEXT, written=st.booleans())
ENDED = st.builds(
    CellEnded, **WHERE, ending=st.sampled_from(get_args(CellEnding)), ename=st.none() | TEXT,
    evalue=st.none() | TEXT,
)  # fmt: skip
OUTPUT = st.builds(
    OutputSeen, **WHERE, channel=st.sampled_from(["stdout", "stderr", "result", "display"]),
    mimes=st.lists(TEXT, max_size=2), text=TEXT,
)  # fmt: skip
TENSOR = st.builds(
    TensorSeen, **WHERE, handle=TEXT, ways=st.just(["bound"]), names=st.lists(TEXT, max_size=2),
    of=st.sampled_from(["torch", "numpy", "number"]),
    shape=st.lists(st.integers(0, 2**63 - 1), max_size=3),
    dtype=TEXT, device=TEXT, values=st.none() | st.lists(NUMBER, max_size=4),
    stats=st.none() | st.lists(NUMBER, max_size=4),
)  # fmt: skip
OP = st.builds(
    OpSeen, **WHERE, op=TEXT, inputs=NESTED, outputs=NESTED,
    named=st.dictionaries(TEXT, SCALAR, max_size=2),
    seed=st.none() | st.builds(SeedUsed, generator=st.just("cpu"), value=WHOLE),
)  # fmt: skip
SEED = st.builds(SeedSet, **WHERE, call=TEXT, generators=st.just(["cpu"]), value=st.none() | WHOLE)
ASKED = st.builds(DeviceAsked, **WHERE, accelerator=TEXT)
PROBE = st.builds(ProbeFailed, **WHERE, probe=TEXT, problem=TEXT)
DOUBT = st.builds(Doubted, **WHERE, reason=TEXT)
FACTS = st.lists(st.one_of(READ, ENDED, OUTPUT, DOUBT, TENSOR, OP, SEED, ASKED, PROBE), max_size=3)


def written(folder: Path, evidence: Evidence) -> Path:
    path = folder / "evidence.jsonl"
    path.write_text("\n".join(evidence.lines()) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("evidence")


@pytest.mark.slow
@settings(max_examples=40, deadline=None, derandomize=True)
@given(facts=FACTS)
def test_every_fact_comes_back_as_it_was(folder: Path, facts: list[Fact]) -> None:
    evidence = Evidence(header=HEADER, facts=number(facts))
    again = read_evidence(written(folder, evidence))
    assert repr(again.facts) == repr(evidence.facts)  # nan is equal to nothing but its text
    assert again.header == evidence.header


@pytest.mark.parametrize("odd", ["\u2028", "\u0085", "\x0b", "\x0c", "\x1c", "\r", "\r\n", "\n"])
def test_line_separators_of_every_kind_survive(folder: Path, odd: str) -> None:
    evidence = Scene().cell("1", f"x = 1{odd}y = 2").evidence()
    assert read_evidence(written(folder, evidence)).facts == evidence.facts


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_values_that_are_no_numbers_survive_as_floats(folder: Path, value: float) -> None:
    scene = Scene()
    scene.cell("1").tensor([1], [value])
    scene.op("full", [value], [value])
    again = read_evidence(written(folder, scene.evidence()))
    (tensor,), (op,) = again.of("1", TensorSeen), again.of("1", OpSeen)
    assert repr(tensor.values) == repr([value])
    assert repr(op.inputs) == repr([value])


def test_the_file_is_json_line_by_line() -> None:
    first, second = map(json.loads, Scene().cell("1").evidence().lines())
    assert first["schema"] == "grader/evidence/v1"
    assert second["kind"] == "cell_read"


@pytest.mark.parametrize("ending", get_args(Ending))
def test_every_ending_can_be_kept(folder: Path, ending: Ending) -> None:
    evidence = Evidence(header=HEADER.model_copy(update={"ending": ending, "why": "a reason"}))
    assert read_evidence(written(folder, evidence)).header == evidence.header


def some_lines() -> list[str]:
    scene = Scene().cell("1").prints("hello").ends("finished")
    return list(scene.evidence().lines())


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [""],
        ["not JSON"],
        ["{}"],
        some_lines()[1:],
        [some_lines()[0].replace("/v1", "/v2")],
        [some_lines()[0].replace('"finished"', '"fine"')],
        [some_lines()[0].replace('"student"', '"pupil"')],
        [*some_lines()[:-1], some_lines()[-1][:-5]],
        [*some_lines(), '{"kind": "rumour", "cell": 0}'],
        [*some_lines(), '{"cell": 0}'],
        [*some_lines(), '{"kind": "seed", "cell": 0, "call": "x", "generators": [], "more": 1}'],
        [*some_lines(), '{"kind": "seed", "cell": 0, "call": "x", "generators": ["dice"]}'],
        [*some_lines(), "null"],
    ],
)
def test_what_is_no_evidence_is_a_host_error(tmp_path: Path, lines: list[str]) -> None:
    path = tmp_path / "evidence.jsonl"
    path.write_text("\n".join(lines))
    with pytest.raises(HostError, match=r"evidence\.jsonl: not readable") as caught:
        read_evidence(path)
    assert caught.value.exit_code == EXIT_HOST


def test_a_host_error_about_evidence_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    path.write_text("{}")
    with pytest.raises(HostError) as caught:
        read_evidence(path)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_or_not_text_is_a_host_error(tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    with pytest.raises(HostError):
        read_evidence(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(HostError):
        read_evidence(path)


def test_a_file_cut_short_between_two_lines_is_a_host_error(tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    path.write_text("\n".join(some_lines()[:-1]) + "\n")
    with pytest.raises(HostError):
        read_evidence(path)


def test_a_fact_refuses_what_its_kind_does_not_have() -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        SeedSet.model_validate({"cell": 0, "call": "x", "generators": [], "trusted": True})


def test_positions_are_given_by_the_host() -> None:
    facts = number([READ_ONE.model_copy(update={"seq": 7}), READ_ONE])
    assert [f.seq for f in facts] == [0, 1]


READ_ONE = CellRead(cell=0, source="x", written=True)
GOOD = {"kind": "seed", "call": "torch.manual_seed", "generators": ["cpu"], "value": 1}


@pytest.mark.parametrize(
    "item",
    [
        None, 1, "text", [], {}, {1: 2}, {"kind": "rumour"}, {"kind": None}, {"kind": ["seed"]},
        {**GOOD, "more": 1}, {**GOOD, "value": "one"}, {**GOOD, "call": "x" * 121},
        {**GOOD, "call": "\ud800"}, {**GOOD, "generators": "cpu"}, {**GOOD, "line": "first"},
        {"kind": "cell_read", "source": "x = 1", "written": True},
        {"kind": "cell_ended", "ending": "finished"},
        {"kind": "output", "channel": "stdout", "text": "42"},
        {"kind": "tensor", "handle": "t", "of": "torch", "shape": [1], "dtype": "f", "device": "c",
         "values": [0.0] * 1025},
        {"kind": "tensor", "handle": "t", "of": "torch", "shape": [1], "dtype": "f", "device": "c",
         "values": [10**400]},
        {"kind": "operation", "op": "add", "inputs": [{"a": 1}]},
    ],
)  # fmt: skip
def test_a_malformed_claim_is_dropped_and_counted(item: object) -> None:
    claims = read_claims([GOOD, item, GOOD], 3, "2")
    assert [c.cell for c in claims] == [3, 3, 3]
    assert isinstance(claims[0], SeedSet)
    assert isinstance(claims[-1], ProbeFailed)
    assert claims[-1].problem.startswith("1 fact")


def test_good_claims_have_nothing_added() -> None:
    assert [type(c) for c in read_claims([GOOD, GOOD], 3, "2")] == [SeedSet, SeedSet]
    assert read_claims([], 3, "2") == []


def test_a_claim_has_no_say_in_where_it_belongs() -> None:
    (claim,) = read_claims([{**GOOD, "cell": 99, "exercise": "9"}], 3, "2")
    assert (claim.cell, claim.exercise) == (3, "2")


def test_a_flood_of_claims_is_cut_and_counted() -> None:
    claims = read_claims([GOOD] * (MAX_CLAIMS + 5), 0, None)
    assert len(claims) == MAX_CLAIMS + 1
    assert isinstance(claims[-1], ProbeFailed)
    assert claims[-1].problem.startswith("5 facts")


JSON = st.recursive(SCALAR, lambda inner: st.lists(inner, max_size=3)
                    | st.dictionaries(TEXT, inner, max_size=3), max_leaves=4)  # fmt: skip
KINDS = st.sampled_from(["tensor", "operation", "seed", "device", "device_asked", "probe_failed"])
CLAIM = st.builds(
    lambda kind, rest, more: {**rest, **more, "kind": kind}, KINDS,
    st.fixed_dictionaries({}, optional=dict.fromkeys(
        ["handle", "of", "shape", "dtype", "device", "values", "op", "inputs", "call", "probe"],
        JSON)),
    st.dictionaries(TEXT, JSON, max_size=1),
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(CLAIM | JSON, max_size=4))
def test_whatever_a_kernel_says_is_read_and_can_be_written(raw: list[object]) -> None:
    claims = read_claims(raw, 0, None)
    assert len(claims) <= len(raw) + 1
    assert list(Evidence(header=HEADER, facts=number(claims)).lines())


def test_a_handle_means_the_tensor_of_its_own_cell() -> None:
    scene = Scene()
    first = scene.cell("1").tensor([1], [1.0])
    scene.op("neg", [first], [])
    scene.cell("1").op("neg", [first, 7], [])
    evidence = scene.evidence()
    inside, outside = evidence.of("1", OpSeen)
    assert evidence.tensor(inside, first) == evidence.of("1", TensorSeen)[0]
    assert evidence.tensor(outside, first) is None
    assert evidence.tensor(inside, 7) is None


def test_text_that_was_shown_leaves_warnings_out() -> None:
    scene = Scene().cell("1").prints("one").cell("2").prints("two")
    warning = OutputSeen(cell=0, exercise="1", channel="stderr", text="careful")
    evidence = scene.evidence()
    evidence = evidence.model_copy(update={"facts": (*evidence.facts, warning)})
    assert evidence.text("1") == "one"
