"""What a CI system says of a run, by the variables that it documents, and by nothing else.

What an event holds was written by strangers in part: only ids, numbers and flags are taken from it,
each in the form it has to have.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from grader.errors import HostError

COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\[\]-]{0,99}")
MOST_EVENT = 25_000_000


class Surroundings(NamedTuple):
    """Where `grader ci` runs, and for what.

    Attributes:
        system: which CI system.
        repository: owner and name, as the system tells them.
        server: the address of its pages.
        api: the address of its programming interface.
        base: the commit of the base branch; empty where it is not told.
        head: the commit that was handed in; empty where it is not told.
        request: the number of the pull or merge request; 0 where there is none.
        author: who opened it.
        private: whether strangers cannot see the repository; False where that is not told.
        summary: the file for the summary of this step.
        outputs: the file for what this step tells later ones.
    """

    system: Literal["plain", "github", "gitlab"] = "plain"
    repository: str = ""
    server: str = ""
    api: str = ""
    base: str = ""
    head: str = ""
    request: int = 0
    author: str = ""
    private: bool = False
    summary: Path | None = None
    outputs: Path | None = None


def surroundings(told: Mapping[str, str]) -> Surroundings:
    """Where this process runs.

    Args:
        told: the environment's variables.

    Raises:
        HostError: the system's own event cannot be read.
    """
    if told.get("GITHUB_ACTIONS") == "true":
        return github(told)
    if told.get("GITLAB_CI") == "true":
        return gitlab(told)
    return Surroundings()


def github(told: Mapping[str, str]) -> Surroundings:
    """As GitHub Actions tells it, for pull requests and pushes."""
    event = read_event(told.get("GITHUB_EVENT_PATH", ""))
    request = part(event, "pull_request")
    base = part(request, "base").get("sha") or event.get("before")
    head = part(request, "head").get("sha") or event.get("after") or told.get("GITHUB_SHA")
    number = request.get("number")
    return Surroundings(
        system="github",
        repository=told.get("GITHUB_REPOSITORY", ""),
        server=told.get("GITHUB_SERVER_URL", "https://github.com"),
        api=told.get("GITHUB_API_URL", "https://api.github.com"),
        base=commit(base),
        head=commit(head),
        request=number if isinstance(number, int) and not isinstance(number, bool) else 0,
        author=login(part(request, "user").get("login") or told.get("GITHUB_ACTOR")),
        private=part(event, "repository").get("private") is True,
        summary=path(told.get("GITHUB_STEP_SUMMARY")),
        outputs=path(told.get("GITHUB_OUTPUT")),
    )


def gitlab(told: Mapping[str, str]) -> Surroundings:
    """As GitLab CI tells it, for merge requests and pushes."""
    number = told.get("CI_MERGE_REQUEST_IID", "")
    base = told.get("CI_MERGE_REQUEST_DIFF_BASE_SHA") or told.get("CI_COMMIT_BEFORE_SHA")
    head = told.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or told.get("CI_COMMIT_SHA")
    return Surroundings(
        system="gitlab",
        repository=told.get("CI_PROJECT_PATH", ""),
        server=told.get("CI_SERVER_URL", "https://gitlab.com"),
        api=told.get("CI_API_V4_URL", "https://gitlab.com/api/v4"),
        base=commit(base),
        head=commit(head),
        request=int(number) if re.fullmatch(r"[0-9]{1,12}", number) else 0,
        author=login(told.get("GITLAB_USER_LOGIN")),
        private=told.get("CI_PROJECT_VISIBILITY") == "private",
    )


def read_event(name: str) -> dict[str, Any]:
    """The event that started a workflow; nothing where there is none.

    Raises:
        HostError: it cannot be read.
    """
    if not name:
        return {}
    try:
        with Path(name).open("rb") as file:
            event = json.loads(file.read(MOST_EVENT))
    except (OSError, ValueError, RecursionError) as problem:
        raise HostError(f"{name}: the event of this run cannot be read: {problem}") from problem
    return event if isinstance(event, dict) else {}


def part(event: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A part of an event; empty where it has none of that name."""
    found = event.get(name)
    return found if isinstance(found, dict) else {}


def commit(value: object) -> str:
    """A commit's id; empty where it is none, or stands for "no commit"."""
    text = value if isinstance(value, str) else ""
    return text if COMMIT.fullmatch(text) and set(text) != {"0"} else ""


def login(value: object) -> str:
    """An account's name; empty where it is none."""
    text = value if isinstance(value, str) else ""
    return text if LOGIN.fullmatch(text) else ""


def path(value: str | None) -> Path | None:
    """A file that the system names."""
    return Path(value) if value else None
