"""What was saved makes the model again, in a process that never saw the notebook's state."""

from __future__ import annotations

from pydantic import Field

from grader.check import Check, Example
from grader.evidence import Evidence
from grader.facts import ModelSeen, ProbeFailed, Reloaded, Saved, TrainingSeen
from grader.finding import Finding, failed, no_evidence, partly, passed
from grader.lost_training import lost_training, stopped_training
from grader.saved_states import in_vain, trained_state
from grader.scene import Scene

EXPECTED = "a file that the trained model is loaded from"
UNTOLD = "what was saved was not loaded again"
BLIND = ("saves", "files", "reload", "recorder", "wire")


class ModelReloads(Check):
    """What was saved makes the trained model again, in a process that never saw the notebook.

    The file is taken out of the run and loaded elsewhere, by the notebook's own definitions. The
    assignment asks for it with `reload = true` in the exercise. A state counts, also in a
    checkpoint; so does a whole model, or a TorchScript program. Where a training changed nothing,
    that has cost its points already, and what it left counts.
    """

    kind = "model_reloads"
    reads_operations = False
    reloads = True

    trained: bool = Field(
        True, description="the state must be one that a model had after training, not before"
    )

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """The best of what was saved."""
        found = [self._judge(r, evidence, exercise) for r in evidence.of(exercise, Reloaded)]
        if found:
            return max(found, key=lambda f: (f.share, f.verdict == "no_evidence"))
        for blind in evidence.of(exercise, ProbeFailed):
            if blind.probe in BLIND:
                return no_evidence(f"{UNTOLD}: {blind.problem}")
        saved = [s for s in evidence.of(exercise, Saved) if s.path is not None]
        if any(s.holds != "other" for s in saved):
            return no_evidence(UNTOLD)
        return failed("no model was saved to a file", expected=EXPECTED,
                      actual=f"something else in {saved[-1].path}" if saved else "nothing saved",
                      where=tuple(s.seq for s in saved))  # fmt: skip

    def _judge(self, file: Reloaded, evidence: Evidence, exercise: str) -> Finding:
        where = (*((file.saved,) if file.saved is not None else ()), file.seq)
        alike = file.predicts == "alike"
        never = file.outcome in ("saved_before_training", "another_model")
        if never or (self.trained and alike and nothing_trained(evidence)):
            if self.trained and (why := lost_training(evidence)):
                return no_evidence(why)
            if self.trained and (why := stopped_training(evidence, exercise, had(file, evidence))):
                return passed(f"{file.path} holds the model's state; {why}", where=where,
                              strength="observed")  # fmt: skip
            return self._of_another(file, where)
        if file.outcome == "reloads":
            if self.trained and not alike and not holds_a_trained_state(file, evidence):
                return no_evidence(f"{file.path} makes a model, and nothing tells whether it is"
                                   " the trained one")  # fmt: skip
            return passed(f"{file.path} makes the model again", where=where,
                          strength="challenged" if alike else "observed")  # fmt: skip
        if file.made == "copy" and alike:
            return passed("a copy of the model takes over the file's state; the model itself could"
                          " not be made elsewhere", where=where, strength="challenged")  # fmt: skip
        if file.outcome == "cannot_be_rebuilt" and file.same_state:
            return passed("the file holds the model's state; the model itself could not be made"
                          " elsewhere", where=where, strength="observed")  # fmt: skip
        return self._of_none(file, evidence, where)

    def _of_none(self, file: Reloaded, evidence: Evidence, where: tuple[int, ...]) -> Finding:
        """A file that makes no model."""
        differ = file.outcome in ("keys_differ", "shapes_differ")
        if differ and evidence.everywhere(ModelSeen):
            return failed("what was saved fits no model of the notebook", expected=EXPECTED,
                          actual=f"a state that differs in {', '.join(file.differs[:5])}",
                          where=where, strength="observed")  # fmt: skip
        if file.outcome == "earlier_file":
            return failed("the file came with the hand-in", expected="a file that this run saves",
                          actual=f"{file.path}, which nothing here saved", where=where,
                          strength="observed")  # fmt: skip
        if file.outcome == "not_readable" and file.holds == "other":
            return failed("the file holds no model", expected=EXPECTED,
                          actual=f"something else in {file.path}", where=where,
                          strength="observed")  # fmt: skip
        return no_evidence(f"{file.path} was not loaded again: {untold(file)}")

    def _of_another(self, file: Reloaded, where: tuple[int, ...]) -> Finding:
        """A state of a model that was not trained, or not yet."""
        if not self.trained:
            return passed(f"{file.path} holds a model's state", where=where, strength="observed")
        early = file.outcome == "saved_before_training"
        what = "before its training" if early else "that was never trained"
        return partly(0.5, "the saved state is not that of a trained model", expected=EXPECTED,
                      actual=f"the state of a model {what}", where=where,
                      strength="observed")  # fmt: skip

    @classmethod
    def examples(cls) -> list[Example]:
        """Each outcome."""

        def story(outcome: str, **told: object) -> Evidence:
            scene = Scene().cell("3").trains().model(state="one").cell("5").saves()
            return scene.reloads(outcome, **told).evidence()

        nothing = Scene().cell("3").trains().model(state="one").cell("5")
        half = story("saved_before_training")
        untrained = Scene().cell("3").model(state="one").cell("5").saves()
        no_way = {"outcome": "cannot_be_rebuilt", "why": "No module named 'missing'"}
        names = {"differs": ["layer.weight"]}
        return [
            Example("it predicts as the live model", {}, story("reloads", predicts="alike"), "5",
                    "passed"),
            Example("its state loads", {}, story("reloads", same_state=True), "5", "passed"),
            Example("a state that no model was seen to have", {},
                    story("reloads", state="random", same_state=False), "5", "no_evidence"),
            Example("a model that predicts alike, and was never trained", {},
                    untrained.reloads(predicts="alike").evidence(), "5", "partly"),
            Example("a state from before the training", {}, half, "5", "partly"),
            Example("any state", {"trained": False}, half, "5", "passed"),
            Example("a state of another model", {}, story("another_model"), "5", "partly"),
            Example("a model that cannot be made elsewhere, and a copy of it that can", {},
                    story(**no_way, made="copy", predicts="alike"), "5", "passed"),
            Example("a model that cannot be made elsewhere, and its own state", {},
                    story(**no_way, same_state=True), "5", "passed"),
            Example("a model that cannot be made elsewhere", {}, story(**no_way), "5",
                    "no_evidence"),
            Example("other keys", {}, story("keys_differ", **names), "5", "failed"),
            Example("other shapes", {}, story("shapes_differ", **names), "5", "failed"),
            Example("a file that came with the hand-in", {}, story("earlier_file"), "5", "failed"),
            Example("a file that would run something", {},
                    story("unsafe_file", differs=["os.system"]), "5", "no_evidence"),
            Example("a file that is too large", {}, story("too_large"), "5", "no_evidence"),
            Example("no model in the file", {}, story("not_readable", holds="other"), "5",
                    "failed"),
            Example("a file that is gone", {}, story("not_readable"), "5", "no_evidence"),
            Example("nothing loaded again", {}, nothing.saves().evidence(), "5", "no_evidence"),
            Example("something else saved", {}, Scene().cell("5").saves(holds="other").evidence(),
                    "5", "failed"),
            Example("nothing saved", {}, Scene().cell("5").evidence(), "5", "failed"),
        ]  # fmt: skip


def nothing_trained(evidence: Evidence) -> bool:
    """Whether the run trained nothing at all, as far as it could be seen."""
    blind = any(
        f.probe in ("training", "recorder", "wire") for f in evidence.everywhere(ProbeFailed)
    )
    return not blind and not evidence.everywhere(TrainingSeen)


def had(file: Reloaded, evidence: Evidence) -> set[str]:
    """The models that had a file's state; all of them where its state is not known."""
    models = evidence.everywhere(ModelSeen)
    return {m.handle for m in models if file.state is None or m.state == file.state}


def holds_a_trained_state(file: Reloaded, evidence: Evidence) -> bool:
    """Whether a file's state is known as one that a model had after training."""
    if file.same_state:
        return True
    saved = evidence.facts[file.saved] if file.saved is not None else None
    return isinstance(saved, Saved) and (
        trained_state(evidence, saved, file.state) or in_vain(evidence, saved)
    )


def untold(file: Reloaded) -> str:
    """Why a file says nothing either way."""
    names = ", ".join(file.differs[:5])
    if file.outcome == "unsafe_file":
        return f"reading it would run {names}"
    return file.why or "it could not be read"
