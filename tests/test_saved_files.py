"""How saved files come out of a kernel: what it reads, and what the host takes."""

from __future__ import annotations

import asyncio
import os
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest

from grader.assignment import Assignment, Exercise
from grader.facts import Fact, FileWritten, ProbeFailed, Saved
from grader.kernel.probes import saved_files
from grader.kernel.probes.saved_files import SavedFiles
from grader.run import bring
from grader.run.ask import Answer
from grader.run.bring import Bringing
from grader.run.live import input_shape, question_to_live, saved_from
from grader.scene import Scene

# What the kernel reads


def noted(*paths: Path | str) -> SavedFiles:
    files = SavedFiles()
    for path in paths:
        files.note(str(path))
    files.cell_ended()
    return files


def bytes_of(told: list[Any]) -> bytes:
    return a2b_base64(told[0])


def test_a_file_comes_out_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_files, "PIECE", 4)
    path = tmp_path / "model.pt"
    path.write_bytes(b"123456789")
    files = noted(path)
    assert files.listing() == [0, [str(path), 9, ""]]
    pieces = [bytes_of(files.piece(0, start)) for start in (0, 4, 8, 12)]
    assert pieces == [b"1234", b"5678", b"9", b""]


def test_where_a_path_leads_is_settled_when_it_is_saved_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("model.pt").write_bytes(b"x")
    files = noted("model.pt")
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    assert files.listing() == [0, ["model.pt", 1, ""]]


def link(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def unreadable(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("make", [link, os.mkfifo, unreadable, lambda path: None])
def test_what_is_no_regular_file_is_not_read(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "model.pt"
    make(path)
    files = noted(path)
    (_, (_, size, why)) = files.listing()
    assert size is None
    assert why
    assert files.piece(0, 0) == [""]


@pytest.mark.parametrize(("number", "start"), [(-1, 0), (1, 0), (0, -1)])
def test_nothing_else_is_read(tmp_path: Path, number: int, start: int) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(b"x")
    assert noted(path).piece(number, start) == [""]


def test_the_last_files_of_a_cell_are_listed_and_the_others_counted() -> None:
    told = noted(*(f"{n}.pt" for n in range(10)), "2.pt").listing()
    assert told[0] == 2
    assert [file[0] for file in told[1:]] == [*(f"{n}.pt" for n in range(3, 10)), "2.pt"]


def test_a_new_cell_lists_its_own_files_only() -> None:
    files = noted("old.pt")
    files.note("new.pt")
    files.cell_ended()
    assert [file[0] for file in files.listing()[1:]] == ["new.pt"]


# What the host takes


class Kernel:
    """Answers as a kernel with these files; `seals` its answers unless told otherwise."""

    def __init__(self, files: dict[str, bytes], *, seals: bool = True) -> None:
        self.files = files
        self.seals = seals
        self.sizes = {name: len(data) for name, data in files.items()}

    async def question(self, kind: str, **asked: Any) -> Answer:  # noqa: ANN401  (as a session's)
        if kind != bring.QUESTION:
            return self.sealed([])
        if asked["number"] < 0:
            return self.sealed([0, *([n, self.sizes[n], ""] for n in self.files)])
        data = list(self.files.values())[asked["number"]]
        return self.sealed([b2a_base64(data[asked["start"] :][:4]).decode()])

    def sealed(self, facts: Any) -> Answer:  # noqa: ANN401  (whatever a kernel may say)
        key = b"k" * 32
        seal = blake2b(repr(["nonce", facts]).encode(), key=key if self.seals else b"x").hexdigest()
        return Answer({"facts": facts, "seal": seal}, "nonce", key)


SAVES = Scene().cell("5").saves().evidence().facts
ASKED = Assignment(id="a", title="a", exercise=[Exercise(id="5", title="5", reload=True)])


def brought(kernel: Any) -> tuple[Bringing, list[Fact]]:  # noqa: ANN401  (stands for a session)
    bringing = Bringing(kernel, ASKED)
    return bringing, asyncio.run(bringing.after(0, SAVES))


def test_bytes_are_put_together() -> None:
    bringing, facts = brought(Kernel({"model.pt": b"123456789"}))
    assert [f.data for f in bringing.files] == [b"123456789"]
    (fact,) = facts
    assert isinstance(fact, FileWritten)
    assert (fact.path, fact.size, fact.cell, fact.exercise) == ("model.pt", 9, 0, "5")


def test_what_bears_no_seal_is_not_taken() -> None:
    bringing, facts = brought(Kernel({"model.pt": b"1"}, seals=False))
    assert bringing.files == []
    assert [f.probe for f in facts if isinstance(f, ProbeFailed)] == ["files"]


def test_a_file_that_says_it_is_longer_than_it_is_ends() -> None:
    kernel = Kernel({"model.pt": b"12345"})
    kernel.sizes["model.pt"] = 10**6
    bringing, _ = brought(kernel)
    assert [(f.data, f.fact.sha256) for f in bringing.files] == [(None, None)]


def test_there_is_room_for_so_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bring, "MOST_BROUGHT", 10)
    bringing, _ = brought(Kernel({"a.pt": b"1" * 6, "b.pt": b"2" * 5, "c.pt": b"3" * 4}))
    assert [f.data and len(f.data) for f in bringing.files] == [6, None, 4]


@pytest.mark.parametrize(
    "told",
    [None, "x", {}, [], [0, 1], [0, ["a"]], [0, ["a", 1, 2]], [0, [1, 1, ""]], [0, ["a", "b"]]],
)
def test_a_listing_that_is_none_brings_nothing(told: object) -> None:
    kernel = Kernel({})

    async def question(kind: str, **asked: object) -> Answer:
        return kernel.sealed(told)

    kernel.question = question  # type: ignore[method-assign]
    assert brought(kernel)[0].files == []


@pytest.mark.parametrize("size", [-1, 2**63, "9", None, 1.5])
def test_a_size_that_is_none_brings_no_bytes(size: object) -> None:
    kernel = Kernel({"model.pt": b"1"})
    kernel.sizes["model.pt"] = size  # type: ignore[assignment]
    assert [(f.data, f.fact.size) for f in brought(kernel)[0].files] == [(None, None)]


def test_only_an_exercise_that_asks_for_it_brings_files_out() -> None:
    other = Assignment(id="a", title="a", exercise=[Exercise(id="5", title="5")])
    session: Any = Kernel({})
    assert Bringing(session, ASKED).wants(0, SAVES)
    assert not Bringing(session, other).wants(0, SAVES)
    assert not Bringing(session, ASKED).wants(1, SAVES)
    assert not Bringing(session, ASKED).wants(0, Scene().cell("5").model().evidence().facts)


# What the live model is asked


def story(scene: Scene) -> tuple[list[Fact], Saved]:
    facts = list(scene.saves("one").evidence().facts)
    return facts, next(f for f in facts if isinstance(f, Saved))


def test_the_model_with_the_saved_state_is_asked() -> None:
    facts, saved = story(Scene().cell("5").model("m1", state="two").model("m2", state="one"))
    found = saved_from(saved, facts)
    assert found is not None
    assert found.handle == "m2"
    asked = question_to_live(0, "models/model.pth", 3, facts)
    assert asked is not None
    live, copy = asked.content
    assert live["models"] == [{"model": "m2", "shapes": [[8, 1]]}]
    assert copy["models"] == [{"model": "m2", "shapes": [[8, 1]], "file": 3}]
    assert len(live["numbers"]) == 8


def test_a_model_that_went_on_is_not_asked() -> None:
    facts, saved = story(Scene().cell("4").model(state="one").cell("5").model(state="two"))
    assert saved_from(saved, facts) is None
    assert question_to_live(1, "models/model.pth", 0, facts) is None


def test_inputs_have_the_shape_of_what_the_model_was_called_on() -> None:
    scene = Scene().cell("5").model("m1", state="one")
    scene.calls("m1", (scene.tensor([32, 3, 3, 3]),), eval_quiet=1)
    facts, saved = story(scene)
    model = saved_from(saved, facts)
    assert model is not None
    assert input_shape(model, facts) == [8, 3, 3, 3]


@pytest.mark.parametrize(("shapes", "shape"), [([("w", [4, 7])], [8, 7]), ([("w", [1])], [8, 1])])
def test_inputs_of_a_model_that_was_never_called_fit_its_first_layer(
    shapes: list[tuple[str, list[int]]], shape: list[int]
) -> None:
    facts, saved = story(Scene().cell("5").model("m1", state="one", shapes=shapes))
    model = saved_from(saved, facts)
    assert model is not None
    assert input_shape(model, facts) == shape
