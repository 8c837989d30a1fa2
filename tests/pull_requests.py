"""Real git repositories in a folder: a course, a fork of it, and a pull request."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import nbformat

ROOT = Path(__file__).parents[1]
ID = "00-fundamentals"
STUDENTS = ("amara", "bo", "chen", "dana", "eli")
SAMPLES = ROOT / "submissions" / ID
NAME = "00_fundamentals_exercises.ipynb"
AT = {"GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z"}


def git(folder: Path, *words: str) -> str:
    """What a git command says."""
    who = ["-c", "user.name=x", "-c", "user.email=x", "-c", "protocol.file.allow=always"]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        **AT,
    }
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, env=environment, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    return done.stdout.strip()


def commit(folder: Path) -> str:
    """Commit all there is; the commit's id."""
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "-q", "--allow-empty", "-m", "x")
    return git(folder, "rev-parse", "HEAD")


class PullRequest:
    """A course with five untouched hand-ins, a fork, and what was pushed to that.

    Args:
        folder: an empty one.
    """

    def __init__(self, folder: Path) -> None:
        self.base, self.fork = folder / "base", folder / "fork"
        self.base.mkdir()
        git(self.base, "init", "-q", "-b", "main")
        for name in (f"assignments/{ID}", "rubrics", ".github"):
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, self.base / name)
        for student in STUDENTS:
            (self.base / "submissions" / ID / student).mkdir(parents=True)
            starter = self.base / "assignments" / ID / "starter.ipynb"
            shutil.copy(starter, self.base / "submissions" / ID / student / NAME)
        self.start = commit(self.base)
        git(folder, "clone", "-q", str(self.base), str(self.fork))
        git(self.fork, "checkout", "-q", "-b", "answers")

    def of(self, student: str) -> Path:
        """A student's folder in the fork."""
        return self.fork / "submissions" / ID / student

    def hand_in(self, student: str, sample: str) -> None:
        """Hand in what one of the samples is."""
        shutil.copy(SAMPLES / sample / NAME, self.of(student) / NAME)

    def push(self) -> str:
        """Commit, and have the base repository fetch it as data; the commit's id."""
        head = commit(self.fork)
        git(self.base, "fetch", "-q", "--no-tags", str(self.fork), head)
        return head

    def event(self, folder: Path, head: str) -> dict[str, str]:
        """The variables that GitHub sets for it, with files in a folder."""
        folder.mkdir()
        told: dict[str, Any] = {
            "pull_request": {
                "number": 7, "user": {"login": "eli"}, "title": "::error::title",
                "base": {"sha": self.start}, "head": {"sha": head, "ref": "$(touch /tmp/ref)"},
            },
            "repository": {"private": False},
        }  # fmt: skip
        (folder / "event.json").write_text(json.dumps(told))
        return {
            "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "course/homework",
            "GITHUB_EVENT_PATH": str(folder / "event.json"),
            "GITHUB_STEP_SUMMARY": str(folder / "summary"), "GITHUB_OUTPUT": str(folder / "output"),
            "GITHUB_SERVER_URL": "https://git.test", "GITHUB_SHA": self.start,
        }  # fmt: skip


def notebook(*cells: str, like: Path) -> str:
    """A hand-in with the headings of another, something in every answer, and these cells first."""
    made = nbformat.read(like, as_version=4)
    for cell in made.cells:
        if cell.cell_type == "code":
            cell.source += "\nanswer = 'something'\nprint(answer)"
    at = next(i for i, cell in enumerate(made.cells) if cell.cell_type == "code")
    made.cells[at:at] = [nbformat.v4.new_code_cell(cell) for cell in cells]
    text: str = nbformat.writes(made)
    return text
