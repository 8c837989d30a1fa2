"""A model was called on the part of the data that it should be called on."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from grader.check import Check, Example
from grader.chosen import NOT_BEGUN, sets_out_to_train
from grader.data_parts import apart, data, same, share, size, width, within
from grader.evidence import Evidence
from grader.facts import Loaded, ModelCalled, ModelSeen, TensorSeen
from grader.fed import inputs
from grader.finding import Finding, failed, no_evidence, partly, passed
from grader.lost_training import came_to_nothing, lost_training, stopped_training
from grader.model_facts import StateLoaded, TrainingSeen
from grader.scene import Scene
from grader.training_runs import unseen

Part = Literal["train", "test"]


class CalledOn(Check):
    """A model was called on the training part of the data, or a trained one on the test part.

    Parts are told by their numbers: of two that make up the data, the larger one is for training.
    Batches of a part count as the part. A smaller part that is made first and trained on is the
    training part, too: its size is for `data_split` to judge.
    """

    kind = "called_on"
    reads_operations = False

    part: Part = Field(description="train: what it was trained on; test: what it was called on")
    loaded: bool = Field(
        False,
        description="of models that took over a saved state in the exercise, where one did, only"
        " their calls count",
    )

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """What the models of the exercise were called on."""
        calls = evidence.of(exercise, ModelCalled)
        if not calls:
            why = unseen(evidence, exercise)
            if why is None and self.part == "train":
                return untrained(evidence, exercise)
            return no_evidence(why) if why else failed("no model was called in this exercise")
        if self.part == "train":
            return self._trained(evidence, calls, exercise)
        if not self.loaded:
            return self._tested(evidence, calls, exercise)
        took_over = {s.model for s in evidence.of(exercise, StateLoaded)}
        by_loaded = [c for c in calls if c.model in took_over]
        named = {m.handle for m in evidence.everywhere(ModelSeen) if m.names}
        if took_over & named and not by_loaded:
            return partly(0.5, "the loaded model is not asked for its predictions",
                          expected="predictions of the loaded model",
                          actual="predictions of another",
                          where=tuple(c.seq for c in calls))  # fmt: skip
        # a part of a model has no name; the model that holds it is called
        if not by_loaded and took_over - parts(evidence, {c.model for c in calls} & named):
            return no_evidence("a model without a name took over the state; whether it is one that"
                               " is called could not be told")  # fmt: skip
        return self._tested(evidence, by_loaded or calls, exercise)

    def _trained(self, evidence: Evidence, calls: list[ModelCalled], exercise: str) -> Finding:
        runs = {(t.cell, t.model) for t in evidence.everywhere(TrainingSeen)
                if t.moved or (t.steps and t.moved is None)}  # fmt: skip
        calls = [c for c in calls if (c.cell, c.model) in runs]
        where = tuple(c.seq for c in calls)
        fed = [t for c in calls for t in inputs(evidence, c, trained=True)]
        if not calls:
            return untrained(evidence, exercise)
        shares = [(share(evidence, t), t) for t in fed]
        known = [(s, t) for s, t in shares if s is not None]
        if not known:
            return no_evidence("which part of the data it was trained on could not be told")
        most, tensor = max(known, key=lambda k: k[0])
        where = (*where, tensor.seq)
        batches = sum(s for s, _ in known)
        if most == 1 and larger_of_two(evidence, tensor):
            return passed("trained on the larger part, scaled", where=where)
        if most == 1:
            return partly(0.5, "the model is trained on all of the data",
                          expected="the training part", actual=f"{size(tensor)} numbers",
                          where=where)  # fmt: skip
        if most > 0.5 or (len(known) > 1 and batches > 0.5):
            return passed(f"trained on {most:.0%} of the data", where=where)
        if made_first(evidence, tensor):
            return passed(f"trained on the part made first, {most:.0%} of the data", where=where)
        if most < 0.5 and len(known) == 1 and size(tensor) > 1:
            return failed("the model is trained on the test data", expected="the larger part",
                          actual=f"{most:.0%} of the data", where=where)  # fmt: skip
        return passed("trained on batches of the data", where=where)

    def _tested(self, evidence: Evidence, calls: list[ModelCalled], exercise: str) -> Finding:
        learnt = [
            t
            for c in evidence.everywhere(ModelCalled)
            if c.train_grad + c.eval_grad > 1
            for t in inputs(evidence, c, trained=True)
        ]
        where = tuple(c.seq for c in calls)
        calls = [c for c in calls if not came_to_nothing(evidence, c)]
        if not calls:
            return failed("the call of the model ended in an error", where=where)
        trained = trained_models(evidence)
        fed = [t for c in calls if c.model in trained for t in inputs(evidence, c)]
        untrained = [t for c in calls for t in inputs(evidence, c)] if not fed else []
        if untrained and (why := lost_training(evidence)):
            return no_evidence(why)
        why = stopped_training(evidence, exercise, {c.model for c in calls}) if untrained else ""
        if untrained and not why:
            return partly(0.5, "the model that was called was not trained",
                          expected="the trained model", where=where)  # fmt: skip
        fed = fed or untrained
        if not fed:
            return no_evidence("what the model was called on could not be told")
        found: Finding | None = None
        for tensor in fed:
            part = share(evidence, tensor, learnt or None)
            if part is not None and (
                part < 0.5 or (part < 1 and swapped(evidence, tensor, learnt))
            ):
                said = f"called on {size(tensor)} numbers of the test data"
                return passed(f"{said}; {why}" if why else said, where=(*where, tensor.seq))
            if part is not None:
                actual = "all of the data" if part == 1 else "the training data"
                found = partly(0.5, "the model was called on another part of the data",
                               expected="the test part of X", actual=actual,
                               where=(*where, tensor.seq))  # fmt: skip
        return found or partly(0.25, "the model was called on something else than the test data",
                               expected="the test part of X", actual="other numbers",
                               where=where)  # fmt: skip

    @classmethod
    def examples(cls) -> list[Example]:
        """Models trained and called on each part, on targets, and not at all."""

        def story(
            train: int, test: int = 2, model: str = "m1", at: int = 80, *, by_hand: bool = False
        ) -> Evidence:
            x = [i / 100 for i in range(100)]
            parts = [x, x[:at], x[at:], [0.3 * v + 0.9 for v in x[at:]]]
            scene = Scene().cell("1")
            for part in parts:
                scene.tensor([len(part), 1], part)
            scene.cell("3").trains(**({"optimizer": None, "steps": 0} if by_hand else {}))
            fed = scene.tensor([len(parts[train]), 1], parts[train])
            scene.calls("m1", (fed,), train_grad=300)
            scene.cell("4")
            fed = scene.tensor([len(parts[test]), 1], parts[test])
            scene.calls(model, (fed,), eval_quiet=1)
            return scene.evidence()

        def reloaded(caller: str, taker: str = "m2") -> Evidence:
            x = [i / 100 for i in range(100)]
            scene = Scene().cell("1")
            for part in (x, x[:80], x[80:]):
                scene.tensor([len(part), 1], part)
            scene.cell("3").trains()
            learnt = scene.tensor([80, 1], x[:80])
            scene.calls("m1", (learnt,), train_grad=300).cell("5").loads().takes_over(taker)
            scene.model("m1").model("m2")
            scene.model("part", names=[], layers=[], shapes=[("weight", [1, 1]), ("bias", [1])])
            scene.model("unnamed", names=[])
            fed = scene.tensor([20, 1], x[80:])
            return scene.calls(caller, (fed,), eval_quiet=1).evidence()

        drawn = Scene().cell("1")
        drawn.large([100, 20], -2, 2)
        drawn.large([80, 20], -2, 2).cell("3").trains().large([80, 20], -2, 2)
        drawn.calls("m1", ("t3",), train_grad=300).cell("5").large([10_000, 20], -3, 3)
        train, test = {"part": "train"}, {"part": "test"}
        again = {"part": "test", "loaded": True}
        nothing = Scene().cell("3").cell("4").evidence()
        scaled = Scene().cell("1")
        for part in (range(100), range(80), range(80, 100)):
            scaled.tensor([len(part), 1], [i / 100 for i in part])
        scaled.cell("3").trains()
        fed = scaled.tensor([80, 1], [i / 20 - 2 for i in range(80)])
        scaled.calls("m1", (fed,), train_grad=300)
        broke_off = Scene().cell("1")
        x = [i / 100 for i in range(100)]
        for points in (x, x[:80], x[80:]):
            broke_off.tensor([len(points), 1], points)
        broke_off.cell("3").trains(steps=1)
        broke_off.calls("m1", (broke_off.tensor([80, 1], x[:80]),), train_grad=1).cell("4")
        broke_off.calls("m1", (broke_off.tensor([20, 1], x[80:]),), eval_quiet=1)
        return [
            Example("the training broke off after a step", test, broke_off.evidence(), "4",
                    "passed"),
            Example("trained on the larger part", train, story(1), "3", "passed"),
            Example("trained on the larger part, scaled", train, scaled.evidence(), "3", "passed"),
            Example("trained on the smaller part", train, story(2), "3", "failed"),
            Example("trained on a smaller part made first", train, story(1, at=20), "3", "passed"),
            Example("trained on everything", train, story(0), "3", "partly"),
            Example("trained on the larger part, before a grid is drawn", train, drawn.evidence(),
                    "3", "passed"),
            Example("not trained", train, nothing, "3", "not_attempted"),
            Example(
                "a loop that trains nothing",
                train,
                Scene().cell("3", "for i in range(9): pass").evidence(),
                "3",
                "failed",
            ),
            Example("updated by hand", train, story(1, by_hand=True), "3", "passed"),
            Example("called on the smaller part", test, story(1, 2), "4", "passed"),
            Example("the same, after it was trained on it", test, story(2, 2), "4", "passed"),
            Example("called on a larger part made last", test, story(1, 2, at=20), "4", "passed"),
            Example(
                "called on a larger part that it was trained on",
                test,
                story(2, 2, at=20),
                "4",
                "partly",
            ),
            Example("called on the larger part", test, story(1, 1), "4", "partly"),
            Example("called on the targets", test, story(1, 3), "4", "partly"),
            Example("a model that was not trained", test, story(1, 2, "m2"), "4", "partly"),
            Example("nothing called", test, nothing, "4", "failed"),
            Example("the loaded model called", again, reloaded("m2"), "5", "passed"),
            Example(
                "a part of the called model took over", again, reloaded("m1", "part"), "5", "passed"
            ),
            Example("a model without a name took over, and another was called", again,
                    reloaded("m1", "unnamed"), "5", "no_evidence"),
            Example("a model without a name took over, and was called", again,
                    reloaded("unnamed", "unnamed"), "5", "passed"),
            Example("the first model called again", again, reloaded("m1"), "5", "partly"),
            Example("nothing loaded", again, story(1, 2), "4", "passed"),
        ]  # fmt: skip


def parts(evidence: Evidence, models: set[str]) -> set[str]:
    """The models that, by the shapes of their parameters, are layers of these."""
    seen = evidence.everywhere(ModelSeen)
    inside = {
        frozenset((n.removeprefix(f"{path}."), *shape) for n, shape in m.shapes
                  if n.startswith(f"{path}."))
        for m in seen if m.handle in models
        for path, _ in m.layers
    }  # fmt: skip
    return {m.handle for m in seen if frozenset((n, *shape) for n, shape in m.shapes) in inside}


def untrained(evidence: Evidence, exercise: str) -> Finding:
    """What it means that no model was changed by training."""
    if not sets_out_to_train(evidence, exercise):
        return Finding(verdict="not_attempted", share=0, because=NOT_BEGUN)
    return failed("no model was changed by training in this exercise")


def trained_models(evidence: Evidence) -> set[str]:
    """Models that were trained, that took over a state, or that were loaded whole."""
    trained = {t.model for t in evidence.everywhere(TrainingSeen) if t.model is not None}
    trained |= {t.model for t in evidence.everywhere(StateLoaded)}
    whole = {t.state for t in evidence.everywhere(Loaded) if t.holds == "model"} - {None}
    return trained | {m.handle for m in evidence.everywhere(ModelSeen) if m.state in whole}


def made_first(evidence: Evidence, part: TensorSeen) -> bool:
    """Whether a tensor is the first of two parts of the data, and no larger than the other."""
    told = evidence.once(data)
    by_size: dict[int, list[TensorSeen]] = {}
    for t in told:
        by_size.setdefault(size(t), []).append(t)
    earliest = next((t for t in by_size.get(size(part), []) if same(t, part)), part)
    return any(
        t.seq > earliest.seq and within(t, whole) and apart(t, part)
        for whole in told
        if size(whole) >= 2 * size(part) and within(part, whole)
        for t in by_size.get(size(whole) - size(part), [])
    )


def larger_of_two(evidence: Evidence, part: TensorSeen) -> bool:
    """Whether a tensor has the rows of the larger part of data that was scaled after it was split.

    Its numbers are no others' then; but there is data with more rows, and a part with the rest.
    """
    told = [t for t in evidence.once(data) if t.cell <= part.cell and width(t) == width(part)]
    sizes = {size(t) for t in told}
    return any(size(part) < whole < 2 * size(part) and whole - size(part) in sizes
               for whole in sizes)  # fmt: skip


def swapped(evidence: Evidence, tensor: TensorSeen, learnt: list[TensorSeen]) -> bool:
    """Whether a tensor is the larger part of data whose smaller part was trained on."""
    return any(apart(t, tensor) and made_first(evidence, t) for t in learnt)
