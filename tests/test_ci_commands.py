"""What is taken out of a repository that a stranger filled, and what a student hears before."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from program import Run, program
from pull_requests import ID, NAME, ROOT, PullRequest, git

from grader.ci.handed import Laid, lay_out
from grader.cli.steps import root_in
from grader.errors import HostError
from grader.revisions import Repository


@pytest.fixture
def grader(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return program(monkeypatch, capsys, "ci")


@pytest.fixture
def made(tmp_path: Path) -> PullRequest:
    return PullRequest(tmp_path)


def laid_out(made: PullRequest, head: str, into: Path) -> Laid:
    """The hand-ins that were touched, laid out."""
    repository = Repository(made.base)
    return lay_out(repository, made.start, head, root="submissions", course=made.base, into=into)


def below(folder: Path) -> list[str]:
    """All files and links below a folder."""
    found = (p for p in folder.rglob("*") if p.is_symlink() or p.is_file())
    return sorted(str(p.relative_to(folder)) for p in found)


def test_no_filter_hook_or_setting_of_a_repository_takes_part(
    made: PullRequest, tmp_path: Path
) -> None:
    trace = tmp_path / "ran"
    (made.fork / ".gitattributes").write_text("* filter=taken diff=taken text eol=crlf\n")
    made.hand_in("bo", "bo")
    head = made.push()
    git(made.base, "config", "filter.taken.smudge", f"touch {trace}")
    git(made.base, "config", "diff.taken.textconv", f"touch {trace}")
    git(made.base, "config", "diff.external", f"touch {trace}")
    git(made.base, "config", "core.fsmonitor", f"touch {trace}")
    git(made.base, "config", "core.autocrlf", "true")
    hook = made.base / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {trace}\n")
    hook.chmod(0o755)
    trace.unlink(missing_ok=True)  # setting that up may have run it
    [one] = laid_out(made, head, tmp_path / "in").hand_ins
    assert one.path.read_bytes() == (made.of("bo") / NAME).read_bytes()
    assert not trace.exists()


def test_links_and_submodules_stay_behind(made: PullRequest, tmp_path: Path) -> None:
    (made.of("eli") / "rubric.toml").symlink_to("../../../rubrics/00-fundamentals.toml")
    (made.of("eli") / "etc").symlink_to("/etc")
    made.hand_in("bo", "bo")
    (made.of("bo") / NAME).unlink()
    (made.of("bo") / NAME).symlink_to("/etc/passwd")
    git(made.fork, "add", "--all")
    module = f"160000,{'a' * 40},submissions/{ID}/eli/module"
    git(made.fork, "update-index", "--add", "--cacheinfo", module)
    git(made.fork, "commit", "-q", "-m", "x")
    head = git(made.fork, "rev-parse", "HEAD")
    git(made.base, "fetch", "-q", str(made.fork), head)
    bo, eli = laid_out(made, head, tmp_path / "in").hand_ins
    assert set(eli.arrival.left_out) == {"rubric.toml", "etc", "module"}
    assert eli.arrival.beside == ()
    assert bo.path.is_symlink()
    assert not bo.path.exists()


def test_a_tree_that_leads_out_of_itself_is_not_followed(made: PullRequest, tmp_path: Path) -> None:
    blob = git(made.fork, "rev-parse", f"HEAD:submissions/{ID}/eli/{NAME}")

    def tree(*entries: tuple[str, str, str]) -> str:
        data = b"".join(
            f"{mode} {name}".encode() + b"\0" + bytes.fromhex(of) for mode, name, of in entries
        )
        done = subprocess.run(
            ["git", "hash-object", "-t", "tree", "-w", "--literally", "--stdin"],
            cwd=made.fork, input=data, capture_output=True, check=True,
        )  # fmt: skip
        return done.stdout.decode().strip()

    up = tree(("100644", "taken", blob))
    eli = tree(("40000", "..", up), ("40000", ".git", up), ("100644", "a", blob),
               ("40000", "a", up), ("100644", NAME, blob))  # fmt: skip
    top = tree(("40000", "submissions", tree(("40000", ID, tree(("40000", "eli", eli))))))
    head = git(made.fork, "commit-tree", top, "-p", made.start, "-m", "x")
    git(made.base, "fetch", "-q", str(made.fork), head)
    [one] = laid_out(made, head, tmp_path / "in").hand_ins
    assert not [p for p in tmp_path.glob("**/taken") if p.is_file()]
    assert below(tmp_path / "in") == sorted([f"{ID}/eli/{NAME}", f"{ID}/eli/a"])
    assert {"../taken", ".git/taken", "a/taken"} <= set(one.arrival.left_out)


def test_what_base_has_gained_meanwhile_is_not_touched(made: PullRequest, tmp_path: Path) -> None:
    made.hand_in("bo", "bo")
    head = made.push()
    other = made.base / "submissions" / ID / "chen" / NAME
    shutil.copy(ROOT / "submissions" / ID / "chen" / NAME, other)
    git(made.base, "commit", "-q", "-a", "-m", "x")
    made.start = git(made.base, "rev-parse", "HEAD")
    assert [h.place.student for h in laid_out(made, head, tmp_path / "in").hand_ins] == ["bo"]


def test_a_removed_hand_in_and_a_folder_without_one_are_told(
    made: PullRequest, tmp_path: Path
) -> None:
    shutil.rmtree(made.of("bo"))
    (made.of("eli") / NAME).unlink()
    (made.of("eli") / "essay.docx").write_text("x")
    laid = laid_out(made, made.push(), tmp_path / "in")
    assert laid.news == [
        "the folders of 2 students are touched: bo, eli",
        f"submissions/{ID}/bo: removed, and not graded",
    ]
    assert [(h.place.student, h.path.exists()) for h in laid.hand_ins] == [("eli", False)]


@pytest.mark.parametrize("name", ["0" * 40, "--help", "main..HEAD", "$(touch x)", "no\nsuch"])
def test_a_commit_that_is_not_here_is_told(made: PullRequest, name: str) -> None:
    with pytest.raises(HostError, match="is not here"):
        Repository(made.base).commit(name)


def test_a_history_that_is_cut_off_is_told(made: PullRequest, tmp_path: Path) -> None:
    made.hand_in("bo", "bo")
    head = made.push()
    git(tmp_path, "clone", "-q", "--bare", "--depth=1", f"file://{made.base}", "shallow")
    git(tmp_path / "shallow", "fetch", "-q", "--depth=1", f"file://{made.base}", head)
    with pytest.raises(HostError, match="fetch-depth: 0"):
        Repository(tmp_path / "shallow").merge_base(made.start, head)


def test_without_a_base_the_command_says_what_to_do(
    grader: Run, made: PullRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(made.base)
    said = grader("run")
    assert said.code == 2
    assert "--base" in said.err


def test_a_student_hears_what_is_in_the_hand_in(
    grader: Run, made: PullRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(made.fork)
    path = f"submissions/{ID}"
    made.hand_in("eli", "eli")
    (made.fork / "README.md").touch()
    said = grader("look", f"{path}/eli/{NAME}", "README.md")
    assert said.code == 0
    assert said.out == (
        f"{path}/eli: {NAME} can be read; nothing written for exercise 8, 9, 10\n"
    )  # fmt: skip
    (made.of("bo") / NAME).write_text("{")
    (made.of("dana") / NAME).unlink()
    told = grader("look", f"{path}/bo/{NAME}", f"{path}/dana/x.txt", f"{path}/loose.ipynb")
    assert told.code == 1
    assert "not JSON" in told.out
    assert "no notebook, script or zip" in told.out
    assert "not in a student's folder" in told.out


def test_a_look_at_nothing_says_what_was_looked_for_and_where(
    grader: Run, made: PullRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.hand_in("eli", "eli")
    looked_for = f"looked for submissions/ASSIGNMENT/STUDENT/ in {made.fork}"
    monkeypatch.chdir(made.fork)
    (made.fork / "hw").mkdir()
    for name in ("README.md", "hw/a.ipynb", "b.ipynb"):
        (made.fork / name).touch()
    for paths in ([], [""], ["README.md"], ["hw/a.ipynb", "b.ipynb"]):
        said = grader("look", *paths)
        assert said.code == 0, "a commit may touch no hand-in"
        assert f"no hand-in here: {looked_for}" in said.out
        assert all(path in said.out for path in paths)
    gone = grader("look", f"submissions/{ID}/nobody/a.ipynb")
    assert gone.code == 1
    assert f"submissions/{ID}/nobody: there is no such folder in {made.fork}" in gone.out


def test_a_file_that_is_not_there_is_no_hand_in_that_can_be_read(
    grader: Run, made: PullRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(made.fork)
    made.hand_in("eli", "eli")
    gone = f"submissions/{ID}/eli/homwork.ipynb"
    said = grader("look", gone)
    assert said.code == 1
    first, second = said.out.splitlines()
    assert first == f"{gone}: there is no such file"
    assert second.startswith(f"submissions/{ID}/eli: {NAME} can be read"), "what is there instead"
    elsewhere = grader("look", "homwork.ipynb")
    assert elsewhere.code == 1
    assert "homwork.ipynb: there is no such file" in elsewhere.out


@pytest.mark.parametrize(
    "place", ["{here}/submissions", "{here}/submissions/{id}/eli", "{outside}"]
)  # fmt: skip
@pytest.mark.parametrize("root", [None, "submissions/", "./submissions", "{here}/submissions/"])
def test_a_hand_in_is_found_from_wherever_it_is_looked_for(
    grader: Run, made: PullRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    place: str, root: str | None,
) -> None:  # fmt: skip
    made.hand_in("eli", "eli")
    (tmp_path / "outside").mkdir()
    monkeypatch.chdir(place.format(here=made.fork, id=ID, outside=tmp_path / "outside"))
    more = ["--submissions", root.format(here=made.fork)] if root else []
    said = grader("look", made.of("eli") / NAME, *more)
    assert said.code == 0, said.err
    assert said.out.startswith(f"submissions/{ID}/eli: {NAME} can be read")
    (made.fork / "rubrics").rename(made.fork / "kept-elsewhere")
    of_base = grader("look", made.of("eli") / NAME, *more, "--course", made.base)
    assert of_base.out == said.out, "a fork without a course of its own"


def test_the_folder_of_all_hand_ins_is_named_as_it_was_typed(
    grader: Run, made: PullRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(made.fork)
    said = grader("look", "README.md", "--submissions", tmp_path / "nowhere")
    assert f"looked for nowhere/ASSIGNMENT/STUDENT/ in {tmp_path}, of README.md" in said.out
    wrong = grader("run", "--base", made.start, "--submissions", tmp_path / "nowhere")
    assert wrong.code == 2
    assert f"{tmp_path / 'nowhere'} is not in {made.fork}" in wrong.err
    assert root_in(made.fork, str(made.fork / "hw" / "all")) == "hw/all"
    assert root_in(made.fork, "./hw/") == "hw"


@pytest.mark.parametrize("typed", ["{folder}", "./{folder}/", "{here}/{folder}/" + NAME])
def test_a_hand_in_is_found_however_its_path_is_typed(
    grader: Run, made: PullRequest, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    monkeypatch.chdir(made.fork)
    made.hand_in("eli", "eli")
    said = grader("look", typed.format(folder=f"submissions/{ID}/eli", here=made.fork))
    assert said.code == 0
    assert said.out.startswith(f"submissions/{ID}/eli: {NAME} can be read")


def test_a_comment_needs_a_place_and_a_token(
    grader: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "comment.md").write_text("x")
    assert "--request" in grader("comment", tmp_path / "comment.md").err
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    assert "GITHUB_TOKEN" in grader("comment", tmp_path / "comment.md", "--request", "3").err
