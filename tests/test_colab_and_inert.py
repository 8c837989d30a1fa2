"""What stands in the kernel for Colab's habits and for self-check, without a kernel."""

from __future__ import annotations

import ast
import itertools
import sys
from types import ModuleType
from typing import Any

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from grader.kernel import check_lines, colab, inert


def test_these_modules_need_neither_torch_nor_our_package() -> None:
    assert not hasattr(inert, "torch")
    assert not hasattr(check_lines, "torch")
    assert not hasattr(colab, "torch")


@pytest.mark.parametrize("first", ["%%check\n", "%%check 2\n", "%%check 2 -v\n", " %%check 2\n"])
def test_a_check_line_is_dropped_and_line_numbers_stay(first: str) -> None:
    assert check_lines.with_lines_in_place([first, "x = 1\n"]) == ["#\n", "x = 1\n"]
    magic = [first, "%%time\n", "x = 1\n"]
    assert check_lines.with_lines_in_place(magic) == ["\n", "%%time\n", "x = 1\n"]


@pytest.mark.parametrize("above", ["%%check 3\n", "\n\n\n", "\n%%check 3\n\n", "", "# mine\n"])
def test_ipython_runs_each_line_under_the_number_that_the_student_sees(above: str) -> None:
    transformer = TransformerManager()
    transformer.cleanup_transforms.insert(0, check_lines.with_lines_in_place)
    source = f"{above}x = 1\n1 / 0\n"
    ran = transformer.transform_cell(source)
    assert ran.splitlines().index("1 / 0") == source.splitlines().index("1 / 0")


@pytest.mark.parametrize("blank", ["\n", "   \n"])
def test_a_check_line_below_blank_lines_is_dropped_too(blank: str) -> None:
    assert check_lines.with_lines_in_place([blank, "%%check 2\n", "x"]) == ["#\n", "#\n", "x"]


@pytest.mark.parametrize("above", ["\n", "%%check 3\n", "   \n\n"])
def test_code_that_is_indented_as_a_whole_runs_below_what_is_dropped(above: str) -> None:
    """As it does in Jupyter, which takes the first line's indentation from all of them."""
    transformer = TransformerManager()
    transformer.cleanup_transforms.insert(0, check_lines.with_lines_in_place)
    ran = transformer.transform_cell(f"{above}    x = 1\n    y = 2\n")
    compile(ran, "cell", "exec")
    assert ran.splitlines()[above.count("\n")] == "x = 1"


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["x = 1\n"],
        ["%%time\n", "x = 1\n"],
        ["x = 1\n", "%%check 2\n"],
        ["%%checkpoint\n", "x = 1\n"],
        ["# %%check\n"],
        ["%check\n"],
    ],
)
def test_other_lines_are_left_alone(lines: list[str]) -> None:
    assert check_lines.with_lines_in_place(list(lines)) == lines


selfcheck = inert.Inert()


def test_self_check_answers_every_attribute_index_and_call() -> None:
    assert isinstance(selfcheck.anything.at.all, inert.Inert)
    assert isinstance(selfcheck["2"], inert.Inert)
    assert isinstance(selfcheck.start("00-fundamentals"), inert.Inert)
    selfcheck(1, 2, key=3)
    selfcheck.check("2", lambda: 1)
    selfcheck.start("00-fundamentals").check(2)


def test_calls_may_follow_calls() -> None:
    selfcheck.check("2").hint()
    selfcheck("2")["hint"].show()


def test_it_can_be_walked_through_and_comes_to_an_end() -> None:
    assert list(itertools.islice(iter(selfcheck.hints), 3)) == []


def test_it_shows_that_it_is_off_and_offers_no_magic_display() -> None:
    assert "off while grading" in repr(selfcheck)
    with pytest.raises(AttributeError):
        _ = selfcheck.__no_such_protocol__


class Shell:
    """As much of IPython's shell as install touches."""

    def __init__(self) -> None:
        self.input_transformer_manager = self
        self.cleanup_transforms: list[object] = ["first"]
        self.ast_transformers: list[object] = []
        self.user_ns: dict[str, object] = {}
        self.magics: list[str] = []

    def register_magic_function(self, function: object, magic_kind: str, magic_name: str) -> None:
        self.magics.append(magic_name)


def test_students_import_the_stand_in_by_any_of_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "grader", sys.modules.get("grader", ModuleType("grader")))
    monkeypatch.setitem(sys.modules, "grader.selfcheck", ModuleType("grader.selfcheck"))
    shell = Shell()
    inert.install(shell)
    names: dict[str, Any] = {}
    exec(  # noqa: S102  (three lines of our own)
        "from grader import selfcheck\nfrom grader.selfcheck import check\n"
        "import grader.selfcheck as again",
        names,
    )
    assert isinstance(names["selfcheck"], inert.Inert)
    assert isinstance(names["check"], inert.Inert)
    assert names["again"] is names["selfcheck"]
    assert shell.cleanup_transforms == [check_lines.with_lines_in_place, "first"]
    assert shell.magics == ["check"]


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("x\nq[2].check()", "x"),
        ("x\nq[2].check()\nq[2].hint(force=True)", "x"),
        ("q", ""),
        ("q[2].check()\nx", "q[2].check()\nx"),
        ("x\nother[2].check()", "x\nother[2].check()"),
        ("x\nq[print(1)].check()", "x\nq[print(1)].check()"),
        ("x\nq[2].check(print(1))", "x\nq[2].check(print(1))"),
        ("y = q[2].check()", "y = q[2].check()"),
    ],
)
def test_calls_at_the_end_of_a_cell_leave_its_last_value_to_be_shown(
    source: str, left: str
) -> None:
    names = {"q": selfcheck, "other": [1], "x": 1}
    assert ast.unparse(inert.WithoutCalls(names).visit(ast.parse(source))) == left


@pytest.mark.parametrize(
    ("source", "asked"),
    [("%%check 3\nx", "3"), ("\n %%check  3 \nx", "3"), ("%%check\nx", ""), ("x = 1", None),
     ("# %%check 3", None), ("", None)],
)  # fmt: skip
def test_the_line_above_a_cell_names_its_exercise(source: str, asked: str | None) -> None:
    assert check_lines.asked_in(source) == asked


def test_saving_sends_only_the_path_elsewhere() -> None:
    calls: list[tuple[object, ...]] = []

    def save(*args: object, **kwargs: object) -> None:
        calls.append((*args, *kwargs.items()))

    def here(path: object) -> str:
        return f"here{path}"

    call = colab.saving(save, here)
    call("/content/model", "/content/a.pt")
    call(obj="model", f="/content/a.pt", pickle_protocol=4)
    assert calls == [
        ("/content/model", "here/content/a.pt"),
        ("model", "here/content/a.pt", ("pickle_protocol", 4)),
    ]
    assert call.__name__ == "save"


def test_a_colab_call_that_does_nothing_accepts_everything() -> None:
    colab.nothing(1, 2, key=3)
