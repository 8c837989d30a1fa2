"""What is said about an expect.toml that does not fit: everything at once, with path and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.check import Check
from grader.errors import AuthorError
from grader.expectations import load_expectations, mistakes_in
from grader.plugins import check_class
from grader.rubric import Criterion, Rubric


def asks(name: str) -> Criterion:
    check: Check = check_class("runs_clean")()
    return Criterion(
        id=name, exercise="1", title=name, points=1, core=True, check=check, hints=["look"]
    )


RUBRIC = Rubric(assignment="hw", criteria=(asks("1.shape"), asks("1.seed")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "assignments" / "hw" / "mistakes"
    made.mkdir(parents=True)
    return made


def written(folder: Path, text: str, *hand_ins: str) -> Path:
    for name in hand_ins:
        (folder / name).write_text("{}")
    (folder / "expect.toml").write_text(text)
    return folder.parents[2]


def problems(folder: Path, text: str, *hand_ins: str) -> list[str]:
    course = written(folder, text, *hand_ins)
    with pytest.raises(AuthorError) as caught:
        load_expectations(course, RUBRIC)
    path = f"{folder / 'expect.toml'}: "
    assert all(p.startswith(path) for p in caught.value.problems)
    return [p.removeprefix(path) for p in caught.value.problems]


def entry(hand_in: str, more: str = 'loses = ["1.seed"]') -> str:
    return f'[[mistake]]\nhand_in = "{hand_in}"\nwhy = "No seed is set."\n{more}\n'


def test_entries_are_read(folder: Path) -> None:
    more = 'loses = ["1.seed"]\nverdicts = { "1.seed" = "partly" }'
    course = written(folder, entry("a.ipynb", more) + entry("b.py"), "a.ipynb", "b.py")
    first, second = load_expectations(course, RUBRIC)
    assert (first.hand_in, first.loses, first.verdicts) == (
        "a.ipynb", ["1.seed"], {"1.seed": "partly"}
    )  # fmt: skip
    assert (second.hand_in, second.needs_a_person) == ("b.py", None)


def test_no_mistakes_yet_is_no_mistake(tmp_path: Path, folder: Path) -> None:
    assert load_expectations(tmp_path, RUBRIC) == []


def test_hidden_files_and_toml_are_no_hand_ins(folder: Path) -> None:
    for name in (".a.ipynb", "_b.ipynb", "expect.toml", "c.zip", "d.ipynb"):
        (folder / name).write_text("")
    (folder / ".ipynb_checkpoints").mkdir()
    assert [p.name for p in mistakes_in(folder)] == ["c.zip", "d.ipynb"]


def test_hand_ins_without_expect_toml(tmp_path: Path, folder: Path) -> None:
    (folder / "a.ipynb").write_text("")
    with pytest.raises(AuthorError, match=r"expect.toml: is missing; it says what a.ipynb"):
        load_expectations(tmp_path, RUBRIC)


SEED = "a.ipynb"
CASES = [
    pytest.param(entry(SEED, 'looses = ["1.seed"]'), "did you mean 'loses'", id="unknown key"),
    pytest.param(entry(SEED, "loses = 1"), "mistake a.ipynb: loses: must be a list",
                 id="wrong type"),
    pytest.param(entry(SEED).replace("No seed is set.", " "),
                 "mistake a.ipynb: why: must not be empty", id="no why"),
    pytest.param(entry("b.ipynb"), "mistake b.ipynb: hand_in: there is no such file; did you mean"
                 " 'a.ipynb'?", id="no such file"),
    pytest.param("", "no entry for a.ipynb; add a [[mistake]]", id="no entry"),
    pytest.param(entry(SEED) * 2, "mistake a.ipynb: occurs twice", id="twice"),
    pytest.param(entry(SEED, 'loses = ["1.sed"]'),
                 "mistake a.ipynb: loses: unknown criterion '1.sed'; did you mean '1.seed'?",
                 id="unknown criterion"),
    pytest.param(entry(SEED, 'withholds = ["1.sed"]'), "withholds: unknown criterion '1.sed'",
                 id="unknown criterion withheld"),
    pytest.param(entry(SEED, 'loses = ["1.seed"]\nwithholds = ["1.seed"]'),
                 "1.seed is in loses and in withholds", id="in both"),
    pytest.param(entry(SEED, 'loses = ["1.seed"]\nverdicts = { "1.shape" = "failed" }'),
                 "verdicts: '1.shape' is not in loses; did you mean '1.seed'?",
                 id="verdict of another"),
    pytest.param(entry(SEED, 'loses = ["1.seed"]\nverdicts = { "1.seed" = "passed" }'),
                 "mistake a.ipynb: verdicts.1.seed: must be 'partly'", id="no such verdict"),
    pytest.param(entry(SEED, "loses = []"), "loses nothing; a right answer belongs into solutions/",
                 id="loses nothing"),
    pytest.param("[[mistake]", "not TOML", id="not TOML"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "says"), CASES)
def test_what_does_not_fit_is_told(folder: Path, text: str, says: str) -> None:
    assert any(says in p for p in problems(folder, text, "a.ipynb"))


def test_everything_is_told_at_once(folder: Path) -> None:
    text = entry("a.ipynb", 'looses = ["1.seed"]') + entry("b.ipynb", 'loses = ["1.sed"]')
    told = "\n".join(problems(folder, text, "a.ipynb", "c.ipynb"))
    for word in ("'loses'", "unknown criterion '1.sed'", "no entry for c.ipynb", "no such file"):
        assert word in told
    assert "no entry for a.ipynb" not in told
