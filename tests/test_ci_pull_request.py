"""A pull request from a stranger, from the push to the comment, on real git repositories."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path

import pytest
from comment_server import TOKEN, Comments, serving
from program import Run, program
from pull_requests import ID, NAME, PullRequest, git, notebook

from grader.ci.comment import MARKER

SHOUTS = """
print("::error file=app.py,line=1::taken over")
print("  ::set-output name=status::pass")
print("##[error]taken over")
print("::stop-commands::x\\r\\n::add-mask::student")
print("\\x1b[2J\\x1b]0;taken over\\x07 @everyone <img src=x onerror=alert(1)> [x](javascript:a)")
import os
for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_STEP_SUMMARY", "GITHUB_EVENT_PATH"):
    assert name not in os.environ
print("no variable of the CI system")
"""
RAISES = 'raise ValueError("\\n::error::taken over @everyone\\n##[error]taken over \\x1b[31m")'
WORKFLOW = "on: pull_request_target\njobs: {x: {runs-on: ubuntu-latest, steps: [{run: env}]}}\n"


@pytest.fixture
def grader(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return program(monkeypatch, capsys, "ci")


@pytest.fixture
def request_(tmp_path: Path) -> PullRequest:
    """Two of five hand-ins are touched: bo's, and eli's, who tries everything."""
    made = PullRequest(tmp_path)
    made.hand_in("bo", "bo")
    fork, own = made.fork, made.of("eli")
    (own / NAME).write_text(notebook(SHOUTS, RAISES, like=own / NAME))
    for place in (fork, own):
        for name in ("conftest.py", "sitecustomize.py", "torch.py"):
            (place / name).write_text(f"open({str(made.base / 'taken')!r}, 'w')\n")
    (own / "evidence.jsonl").write_text("{}\n")
    (own / "graded.ipynb").symlink_to("/etc/passwd")
    (own / "rubric").symlink_to("../../../rubrics")
    (fork / ".gitattributes").write_text("* filter=taken diff=taken\n")
    rubric = fork / "rubrics" / f"{ID}.toml"
    rubric.write_text(
        re.sub(r"check = \{.*\}", 'check = { kind = "runs_clean" }', rubric.read_text())
    )
    for name in (".github/workflows/grade.yml", "action.yml", ".gitlab-ci.yml"):
        (fork / name).parent.mkdir(parents=True, exist_ok=True)
        (fork / name).write_text(WORKFLOW)
    for name in ("evidence", "graded/public"):
        (fork / name).mkdir(parents=True)
        (fork / name / "manifest.json").write_text('{"schema": "grader/ci-evidence/v1"}')
    return made


class Pushed:
    """What both jobs and the last step made of one push."""

    def __init__(self, grader: Run, made: PullRequest, where: Path, comments: Comments,
                 patch: pytest.MonkeyPatch) -> None:  # fmt: skip
        self.head = made.push()
        self.out = where / "graded"
        for name, value in made.event(where, self.head).items():
            patch.setenv(name, value)
        patch.chdir(made.base)
        self.run = grader("run", "--out", where / "evidence")
        outputs = (where / "output").read_text()
        digest = re.findall(r"^digest=([0-9a-f]{64})$", outputs, re.MULTILINE)[0]
        self.evidence = ("--evidence", where / "evidence", "--digest", digest)
        self.judge = grader("judge", *self.evidence, "--out", self.out)
        patch.setenv("GITHUB_API_URL", comments.address)
        patch.setenv("GITHUB_TOKEN", TOKEN)
        self.posted = grader("comment", self.out / "public" / "comment.md")
        patch.delenv("GITHUB_TOKEN")
        self.outputs = (where / "output").read_text().splitlines()
        self.summary = (where / "summary").read_text()

    @property
    def students(self) -> list[str]:
        return sorted(p.name for p in (self.out / "private" / ID).iterdir())

    def earned(self, student: str) -> float:
        grade = json.loads((self.out / "private" / ID / student / "grade.json").read_text())
        return float(grade["earned"])

    @property
    def log(self) -> str:
        return self.run.all + self.judge.all + self.posted.all


@pytest.mark.kernel
@pytest.mark.slow
def test_two_of_five_are_graded_a_hostile_one_gains_nothing_and_the_comment_stays_one(
    grader: Run, request_: PullRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as comments:
        comments.add(f"{MARKER}\nplanted by a student", "eli")
        comments.add("an ordinary comment", "github-actions[bot]")
        first = Pushed(grader, request_, tmp_path / "1", comments, monkeypatch)
        assert (first.run.code, first.judge.code, first.posted.code) == (0, 0, 0), first.log
        assert first.students == ["bo", "eli"]
        assert first.earned("bo") == 89
        assert first.earned("eli") == 0
        assert_harmless(first)
        executed = (first.out / "private" / ID / "eli" / "executed.ipynb").read_text()
        assert executed.count("no variable of the CI system") == 2  # in the code, and printed
        [body] = comments.bodies()[2:]
        assert first.head[:12] in body
        assert "✗ | 5. Seed the GPU" in body
        assert "the folders of 2 students are touched: bo, eli" in body
        assert_nothing_told(body)

        request_.hand_in("bo", "amara")
        second = Pushed(grader, request_, tmp_path / "2", comments, monkeypatch)
        assert second.students == ["bo", "eli"]
        assert second.earned("bo") == 100
        [body] = comments.bodies()[2:]
        assert f"✓ `submissions/{ID}/bo`" in body
        assert second.head[:12] in body

        (request_.fork / "notes.txt").write_text("nothing of a hand-in\n")
        third = Pushed(grader, request_, tmp_path / "3", comments, monkeypatch)
        again = Pushed(grader, request_, tmp_path / "4", comments, monkeypatch)
        assert "the same" not in third.posted.out
        assert comments.bodies()[2:] == [body.replace(second.head[:12], again.head[:12])]
        assert comments.bodies()[0].endswith("planted by a student")
        assert [a for a in comments.asked if a.startswith("POST")] == [
            "POST /repos/course/homework/issues/7/comments"
        ]
    assert git(request_.base, "status", "--porcelain", "--ignored") == ""
    assert git(request_.base, "rev-parse", "HEAD") == request_.start
    bent = ["--rubrics", request_.fork / "rubrics", "--out", tmp_path / "bent"]
    grader("judge", *again.evidence, *bent)  # what the rubric of the pull request would give
    told = json.loads((tmp_path / "bent" / "private" / ID / "eli" / "grade.json").read_text())
    assert told["earned"] > 0
    assert_marks_and_points(grader, again, tmp_path)
    assert_broken_evidence_is_our_trouble(grader, again, tmp_path)


def assert_marks_and_points(grader: Run, pushed: Pushed, where: Path) -> None:
    """--fail-under has an exit code of its own, and the owner may show points."""
    low = grader("judge", *pushed.evidence, "--out", where / "low", "--fail-under", "0")
    assert low.code == 0
    out = where / "high"
    high = grader("judge", *pushed.evidence, "--out", out, "--fail-under", "50", "--points")
    assert high.code == 1
    assert high.out.splitlines()[-1].startswith("fail: 2 hand-ins: ")
    assert "100 of 100" in (out / "public" / "comment.md").read_text()
    result = json.loads((out / "public" / ID / "bo" / "result.json").read_text())
    assert (result["score"], result["max-score"], result["owner"]) == (100, 100, "bo")
    assert (out / "public" / ID / "bo" / "report.html").exists()
    names = {p.name for p in (pushed.out / "public").iterdir()}
    assert names == {"comment.md", "summary.md", "junit.xml", "code-quality.json", "status.json"}


def assert_broken_evidence_is_our_trouble(grader: Run, pushed: Pushed, where: Path) -> None:
    """Evidence that is not what the first job left costs nobody a point, and ends with 4."""
    for path in pushed.evidence[1].glob("0.run-*.jsonl"):
        path.write_text(path.read_text().replace("1234", "4321"))
    said = grader("judge", *pushed.evidence, "--out", where / "broken")
    assert said.code == 4
    assert "not what the first job left" in said.err
    grade = json.loads((where / "broken" / "private" / ID / "bo" / "grade.json").read_text())
    assert (grade["earned"], grade["withheld"], grade["final"]) == (0, 100, False)
    body = (where / "broken" / "public" / "comment.md").read_text()
    assert "This has not been graded yet, by no fault of yours." in body
    assert "status=error" in (where / "4" / "output").read_text()


def assert_harmless(pushed: Pushed) -> None:
    """Nothing of a hand-in is a command to the runner, to a terminal, or to GitHub."""
    for line in pushed.log.splitlines():
        if "::" in line:
            assert re.match(rf"::warning file=submissions/{ID}/(bo|eli)/[^:]*::[^:\x1b]", line)
            assert line.count("::") == 2
        assert "##[" not in line
    assert "\x1b" not in pushed.log
    keys = [line.partition("=")[0] for line in pushed.outputs]
    assert keys == ["digest", "hand-ins", "status", "summary"]
    assert "status=fail" in pushed.outputs
    assert_nothing_told(pushed.summary)


def assert_nothing_told(text: str) -> None:
    """Neither points, nor what a hand-in printed, nor a way to call anybody."""
    assert "points" not in text
    assert "89" not in re.sub(r"[0-9a-f]{12}", "", text)
    for shout in ("taken", "@everyone", "javascript", "<img", "::"):
        assert shout not in text


def test_an_evidence_of_another_commit_or_without_the_digest_is_not_judged(
    grader: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = PullRequest(tmp_path)
    (made.fork / "notes.txt").write_text("no hand-in\n")
    head = made.push()
    monkeypatch.chdir(made.base)
    ends = ["--base", made.start, "--head", head]
    assert grader("run", *ends, "--out", tmp_path / "evidence").code == 0
    evidence = ["--evidence", tmp_path / "evidence", "--out", tmp_path / "graded"]
    wrong = grader("judge", *ends, *evidence, "--digest", "0" * 64)
    assert wrong.code == 4
    assert "not the one that the first job left" in wrong.err
    digest = sha256((tmp_path / "evidence" / "manifest.json").read_bytes()).hexdigest()
    other = ["--base", made.start, "--head", made.start]
    said = grader("judge", *other, *evidence, "--digest", digest)
    assert said.code == 4
    assert "evidence of another commit" in said.err
    done = grader("judge", *ends, *evidence, "--digest", digest)
    assert (done.code, done.out) == (0, "pass: no hand-in was touched\n")
