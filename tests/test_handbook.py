"""What authors are told about checks is what the checks do, and what the rubric's reader takes."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft7Validator
from pydantic import ValidationError

from grader import plugins
from grader.cli.checks import SAYS
from grader.cli.main import cli
from grader.errors import HostError
from grader.handbook import entry, words
from grader.rubric import build_check
from grader.rubric_schema import rubric_schema
from grader.rubric_text import CriterionText, RubricText

ROOT = Path(__file__).parents[1]
KINDS = plugins.check_kinds()
Data = dict[str, Any]


def run(*args: str) -> Result:
    return CliRunner().invoke(cli, ["checks", *args], terminal_width=200)


def a_rubric(check: object, **more: object) -> Data:
    """A rubric of one criterion that is valid if its check is."""
    criterion = {"id": "1.a", "exercise": "1", "title": "t", "points": 1, "check": check,
                 "hints": ["h"], **more}  # fmt: skip
    return {"assignment": "hw", "criterion": [criterion]}


def loads(rubric: Data) -> bool:
    """Whether the rubric's reader takes it, as far as one file can be asked."""
    try:
        text = RubricText.model_validate(rubric, strict=True)
    except ValidationError:
        return False
    return all(build_check(c.check)[1] == [] for c in text.criterion)


SCHEMA = Draft7Validator(rubric_schema())


def test_the_schema_is_a_schema() -> None:
    Draft7Validator.check_schema(rubric_schema())


def test_the_schema_takes_every_rubric_of_the_course() -> None:
    for path in (ROOT / "rubrics").glob("*.toml"):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        assert [e.message for e in SCHEMA.iter_errors(data)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_takes_every_example(kind: str) -> None:
    for example in plugins.check_class(kind).examples():
        rubric = a_rubric({"kind": kind, **example.fields})
        assert SCHEMA.is_valid(rubric) is loads(rubric) is True, example.about


ANYTHING: list[object] = [
    "", " ", "x", "2", "cpu", "max", "float32", "uniform", "public", 0, 1, -1, 2.5, True, False,
    [], [1], [-1], [2, 3], [1, 2, 3], [2.5], ["2"], [[1, 2]], [[1.5]], [[-1]], [["x"]], [[]],
    [True], {}, {"kind": "shown"}, {"shape": [1]},
]  # fmt: skip
"""But for 2.0, which is a whole number in JSON and none in TOML."""


UNSAYABLE = ("row after row", "must be below")
"""How many there are of what, and which of two is larger: no schema can say."""


def changed(data: Data, key: str) -> Iterator[Data]:
    """A table with anything in place of a key, and without it."""
    yield {k: v for k, v in data.items() if k != key}
    for value in ANYTHING:
        yield {**data, key: value}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_schema_and_reader_agree_on_every_field_of_a_check(kind: str) -> None:
    check = plugins.check_class(kind)
    fields = [*check.model_fields, "kind", "no_such_field"]
    schema = rubric_schema()
    own = Draft7Validator({"$ref": f"#/$defs/{kind}", "$defs": schema["$defs"]})
    bases = {json.dumps(e.fields): e.fields for e in check.examples() if e.verdict == "passed"}
    for base in bases.values():
        for field in fields:
            for now in changed({"kind": kind, **base}, field):
                problems = [p for p in build_check(now)[1] if not any(s in p for s in UNSAYABLE)]
                assert own.is_valid(now) is (problems == []), now


@pytest.mark.parametrize("key", [*CriterionText.model_fields, "no_such_key"])
def test_schema_and_reader_agree_on_every_key_of_a_criterion(key: str) -> None:
    (base,) = a_rubric({"kind": "shown", "shape": [1]})["criterion"]
    for criterion in changed(base, key):
        rubric = {"assignment": "hw", "criterion": [criterion]}
        assert SCHEMA.is_valid(rubric) is loads(rubric), criterion


@pytest.mark.parametrize("key", [*RubricText.model_fields, "no_such_key"])
def test_schema_and_reader_agree_on_every_key_of_a_rubric(key: str) -> None:
    for rubric in changed(a_rubric({"kind": "shown", "shape": [1]}), key):
        assert SCHEMA.is_valid(rubric) is loads(rubric), rubric


def test_the_schema_describes_every_key() -> None:
    def descriptions(schema: Data) -> Iterator[tuple[str, str]]:
        for name, part in schema.get("properties", {}).items():
            yield name, part.get("description", "")

    schema = rubric_schema()
    for part in (schema, *schema["$defs"].values()):
        assert part["additionalProperties"] is False
        assert not [name for name, text in descriptions(part) if not text]


@pytest.mark.parametrize("kind", KINDS)
def test_the_criterion_to_paste_is_valid_and_its_check_the_first_example(kind: str) -> None:
    (data,) = tomllib.loads(entry(kind).criterion)["criterion"]
    check, problems = build_check(CriterionText.model_validate(data, strict=True).check)
    assert problems == []
    assert check is not None
    example = next(e for e in check.examples() if e.verdict == "passed")
    assert check == plugins.check_class(kind).model_validate(example.fields)
    assert check.look(example.evidence, data["exercise"]).verdict == "passed"


@pytest.mark.parametrize("kind", KINDS)
def test_a_check_says_in_one_line_what_it_looks_for(kind: str) -> None:
    summary = entry(kind).summary
    assert summary.endswith(".")
    assert not summary.startswith("Look")  # what has to be there, not what the check does
    assert len(summary) <= 88
    assert f"{kind} " in run().output
    assert summary in run().output


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_of_a_check_tells_all_of_it(kind: str) -> None:
    said = run(kind)
    assert said.exit_code == 0
    told = " ".join(said.output.split())
    one = entry(kind)
    for text in (one.summary, *one.about, *(c.fields for c in one.cases), one.criterion):
        assert " ".join(text.split()) in told
    for field in one.fields:
        assert f" {field.name} " in told
        assert field.about in told
    for verdict, says in SAYS.items():
        cases = [c for c in one.cases if c.verdict == verdict]
        assert (f"What {says}:" in told) is bool(cases)
        assert all(c.about in told for c in cases)
    assert one.criterion.strip() in said.output  # as it is, to be copied


@pytest.mark.parametrize("kind", KINDS)
def test_every_verdict_of_an_example_is_told(kind: str) -> None:
    assert {c.verdict for c in entry(kind).cases} <= set(SAYS)


def test_the_page_is_readable_on_a_narrow_terminal() -> None:
    said = CliRunner().invoke(cli, ["checks", "tensor_made"], terminal_width=60)
    assert said.exit_code == 0
    prose = said.output.partition("What earns")[0]
    assert max(map(len, prose.splitlines())) <= 60


def test_an_unknown_kind_offers_the_nearest() -> None:
    said = run("tensor_maed")
    assert said.exit_code == 2
    assert "there is no check 'tensor_maed'; did you mean 'tensor_made'?" in said.output


def test_the_schema_is_printed() -> None:
    said = run("--schema")
    assert said.exit_code == 0
    assert json.loads(said.output) == rubric_schema()
    assert run("shown", "--schema").exit_code == 2


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": "integer", "minimum": 1}, "whole number, at least 1"),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 0.5},
         "number, above 0, at most 0.5"),
        ({"enum": ["a", "b", 3]}, '"a", "b" or 3'),
        ({"const": "a"}, '"a"'),
        ({"anyOf": [{"type": "string"}, {"type": "boolean"}]}, "text in quotes or true or false"),
        ({"type": "array", "items": {"type": "array", "items": {"type": "number"}}},
         "list of lists of numbers"),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2},
         "list of 2 whole numbers"),
        ({"type": "array"}, "list of values"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, 'list of any of "a" or "b"'),
        ({}, "value"),
    ],
)  # fmt: skip
def test_a_type_is_told_in_words(schema: Data, told: str) -> None:
    assert words(schema) == told


PACKAGE = '''
from grader.check import Check, Example
from grader.finding import failed, passed
from grader.scene import Scene
from pydantic import BaseModel, Field

class Part(BaseModel):
    """A part."""
    size: int = Field(description="how large it is")

class Weighed(Check):
    """The answer was weighed.

    On scales.
    """
    kind = "weighed"
    grams: int = Field(gt=3, description="how heavy it must be")
    part: Part | None = Field(None, description="what is put on top")

    def look(self, evidence, exercise):
        return passed("it was") if evidence.endings(exercise) else failed("it was not")

    @classmethod
    def examples(cls):
        clean = Scene().cell("1").ends("finished").evidence()
        return [Example("an answer of four grams", {"grams": 4}, clean, "1", "passed"),
                Example("nothing", {"grams": 4}, Scene().evidence(), "1", "failed")]

class Other:
    pass
'''
Brings = Callable[[str], None]


@pytest.fixture
def brings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Brings]:
    """Installs a package whose check `weighed` is what an entry point names."""

    def install(target: str) -> None:
        info = tmp_path / "scales-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: scales\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[grader.checks]\nweighed = {target}\n")
        (tmp_path / "scales.py").write_text(PACKAGE)
        monkeypatch.syspath_prepend(str(tmp_path))

    plugins.brought_along.cache_clear()
    yield install
    plugins.brought_along.cache_clear()
    plugins.check_class.cache_clear()
    sys.modules.pop("scales", None)


def test_a_check_of_another_package_is_told_like_ours(brings: Brings) -> None:
    brings("scales:Weighed")
    assert "weighed" in run().output
    assert "The answer was weighed." in run().output
    page = run("weighed").output
    for text in ("On scales.", "whole number, above 3; how heavy it must be; must be given",
                 "an answer of four grams", 'check = { kind = "weighed", grams = 4 }'):  # fmt: skip
        assert text in page
    schema = Draft7Validator(rubric_schema())
    for check in ({"grams": 4}, {"grams": 3}, {"grams": 4, "part": {"size": 1}}, {},
                  {"grams": 4, "part": {"size": "x"}}):  # fmt: skip
        rubric = a_rubric({"kind": "weighed", **check})
        assert schema.is_valid(rubric) is loads(rubric), check


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("no_such_module:Weighed", "cannot be imported: No module named 'no_such_module'"),
        ("scales:Nothing", "cannot be imported"),
        ("scales:Other", "no subclass of grader.check.Check"),
        ("grader.checks.shown:Shown", "says that its kind is 'shown'"),
    ],
)
def test_a_package_whose_check_cannot_be_used_is_named(
    brings: Brings, target: str, says: str
) -> None:
    brings(target)
    with pytest.raises(HostError, match="the check 'weighed' of scales ") as caught:
        build_check({"kind": "weighed"})
    assert says in str(caught.value)
