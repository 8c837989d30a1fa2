"""A training loop does what a training loop must: clear, backward, step, and the model moves."""

from __future__ import annotations

from pydantic import Field

from grader.check import Check, Example
from grader.chosen import NOT_BEGUN, sets_out_to_train
from grader.evidence import Evidence
from grader.finding import Finding, failed, no_evidence, partly, passed
from grader.scene import Scene
from grader.training_runs import CARRIED_OVER, TrainingRun, runs_of, unseen

FORGIVEN = 0.1
"""Share of backwards on gradients that were not cleared which does no harm."""


class TrainingWorks(Check):
    """A training loop cleared gradients, made and used them, and the model moved.

    It looks at what the exercise's training did, not at what its loss became. Any style counts: a
    function or a loop, gradients cleared by the optimizer, the model or by hand, accumulated over
    several batches, parameters updated without an optimizer.
    """

    kind = "training_works"
    reads_operations = False

    optimizer: bool = Field(
        True, description="whether the steps must be an optimizer's; false accepts updates by hand"
    )

    def look(self, evidence: Evidence, exercise: str) -> Finding:
        """The best of the exercise's runs."""
        runs = runs_of(evidence, exercise)
        if not runs:
            why = unseen(evidence, exercise)
            if why is None and not sets_out_to_train(evidence, exercise):
                return Finding(verdict="not_attempted", share=0, because=NOT_BEGUN)
            return no_evidence(why) if why else failed(
                "no training was seen in this exercise", expected="a loss, its backward and steps"
            )  # fmt: skip
        findings = [self._judge(run) for run in runs]
        return max(findings, key=lambda f: (f.share, f.verdict == "no_evidence"))

    def _judge(self, run: TrainingRun) -> Finding:
        """One run: the first thing without which it is no training, then what makes it worse."""
        where = run.where
        if run.steps and run.moved and self._made_elsewhere(run):
            return no_evidence("the optimizer changed the model with gradients whose making was"
                               " not followed", actual=f"{run.steps} steps, {run.backwards}"
                               " backwards")  # fmt: skip
        if run.steps and not run.backwards:
            return failed("the optimizer steps, but no loss reaches its parameters: backward() is"
                          " not called, or the optimizer holds the parameters of another model",
                          expected="gradients of the parameters that the optimizer holds",
                          actual=f"{run.steps} steps without any", where=where)  # fmt: skip
        if not run.steps and (self.optimizer or not run.moved):
            return failed("gradients are made, but no optimizer of the model steps",
                          expected="a step of an optimizer after each backward",
                          actual=f"{run.backwards} backwards, no step", where=where)  # fmt: skip
        if run.steps and run.without_gradient:
            return no_gradients(run)
        if run.moved is False:
            return failed("the parameters are the same after training as before",
                          expected="parameters that change", where=where)  # fmt: skip
        if run.uncleared > max(CARRIED_OVER, FORGIVEN * run.backwards):
            return partly(0.5, "gradients are not cleared between steps, so they add up",
                          expected="zero_grad() once for each step",
                          actual=f"not cleared before {run.uncleared} of {run.backwards} backwards",
                          where=where)  # fmt: skip
        if run.covered < 1 and run.steps:
            return partly(0.75, "the optimizer leaves out some of the model's parameters",
                          expected="all parameters that ask for gradients",
                          actual=f"{run.covered:.0%} of them", where=where)  # fmt: skip
        return passed(f"{run.backwards} losses, {run.steps} steps, and the model moved",
                      where=where)  # fmt: skip

    def _made_elsewhere(self, run: TrainingRun) -> bool:
        """Whether there must have been gradients that no backward or look of ours saw.

        `torch.autograd.grad`, another model between this one and the loss, or a closure.
        """
        if not run.backwards:
            return not run.without_gradient
        return all(p.looks == p.without_gradient > 0 for p in run.parts)

    @classmethod
    def examples(cls) -> list[Example]:
        """Loops with everything, and with each thing missing."""

        def loop(**more: object) -> Evidence:
            return Scene().cell("3").trains(**more).evidence()

        alone = {"optimizer": None, "steps": 0, "covered": 0}
        return [
            Example("a training loop", {}, loop(), "3", "passed"),
            Example(
                "a training that was resumed", {}, loop(uncleared=1, cleared=299), "3", "passed"
            ),
            Example(
                "gradients accumulated over several batches",
                {},
                loop(steps=75, cleared=75, accumulated=225),
                "3",
                "passed",
            ),
            Example(
                "gradients that are never cleared",
                {},
                loop(uncleared=299, cleared=1),
                "3",
                "partly",
            ),
            Example(
                "an optimizer that leaves out some parameters", {}, loop(covered=1), "3", "partly"
            ),
            Example("no optimizer step", {}, loop(**alone, moved=False), "3", "failed"),
            Example(
                "parameters updated by hand, where that may be",
                {"optimizer": False},
                loop(**alone),
                "3",
                "passed",
            ),
            Example("parameters updated by hand", {}, loop(**alone), "3", "failed"),
            Example("no backward", {}, loop(backwards=0, moved=False), "3", "failed"),
            Example(
                "gradients cleared between backward and step",
                {},
                loop(looks=10, without_gradient=10, moved=False),
                "3",
                "failed",
            ),
            Example(
                "gradients of torch.autograd.grad, or of a loss of another model's output",
                {},
                loop(backwards=0, cleared=0, idle=300),
                "3",
                "no_evidence",
            ),
            Example(
                "a single step with a closure, in which the gradients are made",
                {},
                loop(steps=1, looks=1, without_gradient=1),
                "3",
                "no_evidence",
            ),
            Example(
                "gradients of rounded predictions, which are all zero",
                {},
                loop(looks=10, zero_gradient=10, moved=False),
                "3",
                "failed",
            ),
            Example("parameters that stay the same", {}, loop(moved=False), "3", "failed"),
            Example(
                "a loop that trains nothing",
                {},
                Scene().cell("3", "for i in range(9): pass").evidence(),
                "3",
                "failed",
            ),
            Example("no loop", {}, Scene().cell("3").evidence(), "3", "not_attempted"),
        ]


def no_gradients(run: TrainingRun) -> Finding:
    """Steps that had no gradient to use, or nothing but zeros."""
    if run.only_zeros:
        return failed("the gradients are all zero when the optimizer steps: what the loss is given"
                      " does not hang on the parameters, as rounded or compared predictions do not,"
                      " or they are cleared before step()", expected="gradients that are not zero",
                      actual="zeros", where=run.where)  # fmt: skip
    return failed("there are no gradients when the optimizer steps: they are cleared between"
                  " backward() and step()", expected="clear, backward, step",
                  actual="gradients cleared before each step", where=run.where)  # fmt: skip
