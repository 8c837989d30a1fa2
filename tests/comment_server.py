"""A server on loopback that keeps comments as GitHub's and GitLab's interfaces do."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "token-of-the-test"  # noqa: S105  (opens nothing)
ROBOT = "github-actions[bot]"


class Comments:
    """What the server holds, and what it was asked."""

    def __init__(self) -> None:
        self.kept: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.address = ""

    def add(self, body: str, login: str = ROBOT) -> None:
        """A comment of somebody."""
        self.kept.append({"id": 100 + len(self.kept), "body": body, "user": {"login": login},
                          "author": {"username": login}})  # fmt: skip

    def bodies(self) -> list[str]:
        return [str(comment["body"]) for comment in self.kept]


@contextmanager
def serving() -> Iterator[Comments]:
    """The server, for as long as a test needs it."""
    comments = Comments()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def answer(self, data: object, code: int = 200) -> None:
            text = json.dumps(data).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do(self) -> None:
            place, about = unquote(urlsplit(self.path).path), parse_qs(urlsplit(self.path).query)
            comments.asked.append(f"{self.command} {place}")
            length = int(self.headers.get("Content-Length") or 0)
            data = json.loads(self.rfile.read(length)) if length else {}
            given = (self.headers.get("Authorization"), self.headers.get("PRIVATE-TOKEN"))
            if place.startswith("/moved/"):
                self.send_response(302)
                self.send_header("Location", f"{comments.address}/repos/a/b/issues/7/comments")
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif f"Bearer {TOKEN}" not in given and TOKEN not in given:
                self.answer({"message": "no"}, 403)
            elif place == "/user":
                self.answer({"username": ROBOT})
            elif self.command == "GET":
                size, page = int(about["per_page"][0]), int(about["page"][0])
                self.answer(comments.kept[size * (page - 1) : size * page])
            elif self.command == "POST":
                comments.add(data["body"])
                self.answer(comments.kept[-1], 201)
            elif found := re.search(r"/(\d+)$", place):
                [comment] = [c for c in comments.kept if c["id"] == int(found[1])]
                comment["body"] = data["body"]
                self.answer(comment)

        do_GET = do_POST = do_PATCH = do_PUT = do

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    comments.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield comments
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
