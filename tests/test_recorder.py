"""What the bounds of a cell's record cut, and what they leave."""

from __future__ import annotations

from grader.kernel.recorder import MAX_FACTS, MAX_RARE, Recorder


def test_a_figure_is_told_after_however_many_tensors() -> None:
    recorder = Recorder()
    for _ in range(MAX_FACTS + 1):
        recorder.add("tensor", handle="t1")
    assert recorder.add("plot", figure=1) is not None
    kinds = [fact["kind"] for fact in recorder.drain()]
    assert (kinds.count("tensor"), kinds.count("plot")) == (MAX_FACTS, 1)


def test_what_is_cut_is_told_by_what_it_is() -> None:
    recorder = Recorder()
    for kind, times in (("tensor", MAX_FACTS + 1), ("plot", MAX_RARE + 1)):
        for _ in range(times):
            recorder.add(kind)
    told = [fact["probe"] for fact in recorder.drain() if fact["kind"] == "probe_failed"]
    assert told == ["tensors", "recorder"]
