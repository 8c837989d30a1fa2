"""The state of a model was saved to a file, after that model was trained."""

from __future__ import annotations

from pydantic import Field

from grader.check import Check, Example
from grader.evidence import Evidence
from grader.facts import ModelSeen, ProbeFailed, Saved
from grader.finding import Finding, failed, no_evidence, partly, passed
from grader.lost_training import lost_training, stopped_training
from grader.saved_states import in_vain, saved_first, trained_state, untrained_state
from grader.scene import Scene


class StateSaved(Check):
    """The state of a model was saved, under whatever name and in whatever folder.

    A checkpoint that holds a state_dict counts; a whole model instead of its state earns half.
    Where a training changed nothing, or an error ended it, that has cost its points already, and
    what it left counts.
    """

    kind = "state_saved"
    reads_operations = False

    trained: bool = Field(
        True, description="the state must be one that a model had after training, not before"
    )

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """The best of what was saved."""
        saved = [s for s in evidence.of(exercise, Saved) if s.holds != "other"]
        if not saved:
            for blind in evidence.of(exercise, ProbeFailed):
                if blind.probe in ("saves", "recorder", "wire"):
                    return no_evidence(f"what was saved could not be seen: {blind.problem}")
            other = evidence.of(exercise, Saved)
            return failed("no state of a model was saved", expected="torch.save of a state_dict",
                          actual=f"torch.save of something else, to {other[-1].path}" if other
                          else "nothing was saved", where=tuple(o.seq for o in other))  # fmt: skip
        return max((self._judge(s, evidence, exercise) for s in saved), key=lambda f: f.share)

    def _judge(self, saved: Saved, evidence: Evidence, exercise: str) -> Finding:
        where = (saved.seq,)
        if saved.path is None:
            return partly(0.5, "the state was saved to memory, not to a file",
                          expected="a file", actual="a buffer", where=where)  # fmt: skip
        if self.trained and saved.state is None:
            return no_evidence("the saved state is too large to be compared")
        trained = trained_state(evidence, saved, saved.state) or in_vain(evidence, saved)
        if self.trained and not trained:
            if not (untrained_state(evidence, saved.state) or saved_first(evidence, saved)):
                return no_evidence("no model had the saved state when a cell ended; it may be"
                                   " that of an epoch in between")  # fmt: skip
            if why := lost_training(evidence):
                return no_evidence(why)
            had = {m.handle for m in evidence.everywhere(ModelSeen) if m.state == saved.state}
            if why := stopped_training(evidence, exercise, had):
                return passed(f"the model's state was saved; {why}", where=where)
            return partly(0.5, "the saved state is not that of a trained model",
                          expected="the model after its training", where=where,
                          actual="an earlier state, or another model's")  # fmt: skip
        if saved.holds == "model":
            return partly(0.5, "the whole model was saved, not its state", expected="a state_dict",
                          actual="a model", where=where)  # fmt: skip
        return passed(f"saved to {saved.path}", where=where)

    @classmethod
    def examples(cls) -> list[Example]:
        """Saved after training, before it, as a whole, and not at all."""

        def story(state: str = "one", holds: str = "state_dict") -> Evidence:
            scene = Scene().cell("3").trains().model(state="one").cell("5")
            return scene.saves(state, holds).evidence()

        before = Scene().cell("3").model(state="one").cell("5").saves().evidence()
        early = Scene().cell("2").model(state="one").cell("3").trains().model(state="two")
        early.cell("5").saves("one")
        vain = Scene().cell("3").trains(moved=False).model(state="one").cell("5").saves("one")
        return [
            Example("a state saved after training", {}, story(), "5", "passed"),
            Example("a checkpoint", {}, story(holds="checkpoint"), "5", "passed"),
            Example("a state of an epoch in between", {}, story(state="two"), "5", "no_evidence"),
            Example("any state", {"trained": False}, story(state="two"), "5", "passed"),
            Example("never trained", {}, before, "5", "partly"),
            Example("a state from before training", {}, early.evidence(), "5", "partly"),
            Example("the state that a training in vain left", {}, vain.evidence(), "5", "passed"),
            Example("a whole model", {}, story(holds="model"), "5", "partly"),
            Example("something else", {}, story(holds="other"), "5", "failed"),
            Example("nothing", {}, Scene().cell("5").evidence(), "5", "failed"),
        ]
