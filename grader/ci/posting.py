"""Keeps one comment on a pull or merge request up to date, through the system's own interface.

The comment is found again by the marker at its start and by who wrote it: a marker alone could
stand in anybody's comment.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

from grader.ci.comment import MARKER
from grader.errors import HostError

SECONDS = 30.0
EACH_PAGE = 100
MOST_PAGES = 50
MOST_REPLY = 20_000_000
ROBOT = "github-actions[bot]"

Posted = Literal["new", "changed", "the same"]


class Request(NamedTuple):
    """A pull or merge request.

    Attributes:
        system: github, or gitlab.
        api: the address of the interface.
        repository: owner and name.
        number: of the request.
        token: that may write comments there.
        login: who writes them; for GitLab, whoever the token belongs to.
    """

    system: str
    api: str
    repository: str
    number: int
    token: str
    login: str = ROBOT

    @property
    def comments(self) -> str:
        """Where the comments of the request are listed and made."""
        if self.system == "gitlab":
            project = quote(self.repository, safe="")
            return f"{self.api}/projects/{project}/merge_requests/{self.number}/notes"
        return f"{self.api}/repos/{quote(self.repository)}/issues/{self.number}/comments"

    def comment(self, id_: int) -> str:
        """Where one comment is changed."""
        if self.system == "gitlab":
            return f"{self.comments}/{id_}"
        return f"{self.api}/repos/{quote(self.repository)}/issues/comments/{id_}"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it would take the token along, and make a GET of a POST."""

    def redirect_request(self, *args: object, **kwargs: object) -> None:
        """Nothing to go on with, so the answer stands as an error."""


DIRECT = urllib.request.build_opener(NoRedirect)


def post(request: Request, body: str) -> Posted:
    """Make the comment, or change it in place.

    Raises:
        HostError: the system cannot be reached, or refuses.
    """
    change: Literal["PATCH", "PUT"] = "PUT" if request.system == "gitlab" else "PATCH"
    for found in own_comments(request):
        if same(str(found.get("body")), body):
            return "the same"
        ask(request, change, request.comment(int(found["id"])), {"body": body})
        return "changed"
    ask(request, "POST", request.comments, {"body": body})
    return "new"


def own_comments(request: Request) -> Iterator[dict[str, Any]]:
    """The comments of ours on the request, the oldest first."""
    login = request.login
    if request.system == "gitlab":
        login = str(ask(request, "GET", f"{request.api}/user").get("username"))
    for page in range(1, MOST_PAGES + 1):
        order = "&sort=asc" if request.system == "gitlab" else ""
        address = f"{request.comments}?per_page={EACH_PAGE}&page={page}{order}"
        found = ask(request, "GET", address)
        for comment in found if isinstance(found, list) else []:
            author = comment.get("author") or comment.get("user") or {}
            whose = author.get("username") or author.get("login")
            if str(comment.get("body")).startswith(MARKER) and whose == login:
                yield comment
        if len(found) < EACH_PAGE:
            return


def same(one: str, other: str) -> bool:
    """Whether two comments are alike but for their line ends."""
    return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()


def ask(request: Request, method: str, address: str, data: dict[str, Any] | None = None) -> Any:  # noqa: ANN401  (whatever JSON there is)
    """What the system answers.

    Raises:
        HostError: it cannot be reached, refuses, or answers something else than JSON.
    """
    if not address.startswith(("https://", "http://")):
        raise HostError(f"{address!r} is no address of the web")
    name = "PRIVATE-TOKEN" if request.system == "gitlab" else "Authorization"
    value = request.token if request.system == "gitlab" else f"Bearer {request.token}"
    asked = urllib.request.Request(  # noqa: S310  (its scheme is looked at above)
        address, method=method, data=None if data is None else json.dumps(data).encode(),
        headers={name: value, "Accept": "application/json", "Content-Type": "application/json",
                 "User-Agent": "grader-ci"},
    )  # fmt: skip
    try:
        with DIRECT.open(asked, timeout=SECONDS) as answer:
            return json.loads(answer.read(MOST_REPLY))
    except urllib.error.HTTPError as problem:
        code = problem.code
        problem.close()
        raise HostError(
            f"the comment was not written: {method} {address}: {code}; the job needs the right to"
            " write comments on pull requests"
        ) from None
    except (OSError, ValueError) as problem:
        raise HostError(f"the comment was not written: {method} {address}: {problem}") from None
