"""A new model took over a state that had been saved."""

from __future__ import annotations

from grader.check import Check, Example
from grader.evidence import Evidence
from grader.facts import Loaded, ModelSeen, Saved, StateLoaded
from grader.finding import Finding, failed, no_evidence, partly, passed
from grader.scene import Scene


class StateReloaded(Check):
    """A model holds a saved state, and is not the one that was saved."""

    kind = "state_reloaded"
    reads_operations = False

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """What was loaded in the exercise, and into what."""
        saved = {s.state for s in evidence.everywhere(Saved)} - {None}
        taken = evidence.of(exercise, StateLoaded)
        whole = [s for s in evidence.of(exercise, Loaded) if s.holds == "model"]
        if any(t.state is None for t in taken):
            return no_evidence("the loaded state is too large to be compared")
        fitting = [t for t in taken if t.state in saved]
        new = [t for t in fitting if t.model not in self._saved_from(evidence, t)]
        if new:
            return passed("a new instance holds the saved state", where=(new[-1].seq,))
        if any(w.state in saved for w in whole):
            return passed("the saved model was loaded whole", where=(whole[-1].seq,))
        if fitting:
            return partly(0.5, "the state was loaded into the model it came from",
                          expected="a new instance of the class", actual="the trained model itself",
                          where=(fitting[-1].seq,))  # fmt: skip
        if taken or whole:
            return partly(0.5, "what was loaded is not what was saved", expected="the saved state",
                          actual="another state",
                          where=tuple(t.seq for t in (*taken, *whole))[-1:])  # fmt: skip
        return failed("no saved state was loaded into a model", expected="load_state_dict on a new"
                      " instance", actual="nothing loaded")  # fmt: skip

    def _saved_from(self, evidence: Evidence, taken: StateLoaded) -> set[str]:
        """The models that had this state in an earlier cell: it was saved from one of them."""
        return {m.handle for m in evidence.everywhere(ModelSeen)
                if m.cell < taken.cell and m.state == taken.state}  # fmt: skip

    @classmethod
    def examples(cls) -> list[Example]:
        """Loaded into a new instance, into the old one, and not at all."""

        def story(model: str, state: str = "one") -> Evidence:
            scene = Scene().cell("2").model("m1").cell("5").saves().cell("5")
            return scene.takes_over(model, state).model(model).evidence()

        saved = Scene().cell("5").saves().evidence()
        two = Scene().cell("2").model("m1").model("m2", state="fresh").cell("5").saves().cell("5")
        early = two.takes_over("m2").model("m2").evidence()
        return [
            Example("a new instance with the saved state", {}, story("m2"), "5", "passed"),
            Example("an instance made before the state was saved", {}, early, "5", "passed"),
            Example("the model itself", {}, story("m1"), "5", "partly"),
            Example("another state", {}, story("m2", "two"), "5", "partly"),
            Example("saved and no more", {}, saved, "5", "failed"),
            Example("nothing", {}, Scene().cell("5").evidence(), "5", "failed"),
        ]
