"""Who is on the roster: what a folder of records keeps of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.roster import Absent, Enrolled, absent_in, enrolled_in, keep

HERE = Enrolled([Absent("Ann Lee", "7", "00")], {"bo": ("8",), "cy + di": ("9", "10")})


def test_a_folder_without_a_roster_has_nobody_absent(tmp_path: Path) -> None:
    assert absent_in(tmp_path) == []
    assert enrolled_in(tmp_path) == {}


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    keep(tmp_path, "00", HERE)
    assert enrolled_in(tmp_path) == {"00": HERE}
    assert absent_in(tmp_path) == [Absent("Ann Lee", "7", "00")]


def test_each_assignment_has_its_own(tmp_path: Path) -> None:
    keep(tmp_path, "00", HERE)
    keep(tmp_path, "01", Enrolled([], {"bo": ("8",)}))
    keep(tmp_path, "00", Enrolled([], {}))
    assert enrolled_in(tmp_path) == {"00": Enrolled([], {}), "01": Enrolled([], {"bo": ("8",)})}


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"00": []}', '{"00": {"absent": [1], "ids": {}}}']
)
def test_what_is_no_roster_of_ours_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "roster.json").write_text(text)
    assert absent_in(tmp_path) == []
