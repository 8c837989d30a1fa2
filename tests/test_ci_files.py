"""The files to copy: a workflow that a pull request cannot bend, its action, GitLab's, the hook."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from grader.cli.ci import command

ROOT = Path(__file__).parents[1]
WORKFLOW, ACTION = ".github/workflows/grade.yml", ".github/actions/grader/action.yml"
GITLAB, HOOKS = "examples/ci/gitlab-ci.yml", ".pre-commit-hooks.yaml"
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
HEAD = "github.event.pull_request.head"
BASE = "${{ github.event.pull_request.base.sha }}"
MOVES = r"git (checkout|switch|reset|merge|worktree|submodule|pull)|\bgh pr checkout"

Tree = dict[str, Any]


def read(name: str) -> Tree:
    """A file's data; YAML reads the key `on` as a truth value."""
    data = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    return {("on" if key is True else key): value for key, value in data.items()}


def problems(workflow: Tree) -> Iterator[str]:
    """What would let a pull request bend the grading, or reach what it must not."""
    if set(workflow["on"]) != {"pull_request_target", "push"}:
        yield "another event"
    if workflow["on"]["pull_request_target"].get("branches") != ["main"]:
        yield "another branch, with the rubrics that it has"
    if workflow["permissions"] != {}:
        yield "rights for all jobs"
    allowed = {
        "environment": {"contents": "read"}, "run": {},
        "judge": {"contents": "read", "pull-requests": "write"},
    }  # fmt: skip
    jobs = workflow["jobs"]
    if {name: job.get("permissions") for name, job in jobs.items()} != allowed:
        yield "rights of a job"
    if "pull_request_target" not in jobs["run"]["if"] or "push" not in jobs["environment"]["if"]:
        yield "a job for another event"
    for name, job in jobs.items():
        for step in job["steps"]:
            yield from (f"{name}: {problem}" for problem in step_problems(name, step))


def step_problems(job: str, step: Tree) -> Iterator[str]:
    """What is wrong with one step."""
    if "${{" in step.get("run", ""):
        yield "an expression in a command"
    uses = step.get("uses", "")
    if uses and not uses.startswith("./") and not PINNED.fullmatch(uses):
        yield "an action that may become another one"
    given = step.get("with", {})
    if uses.startswith("actions/checkout@") and (
        HEAD in str(given) or given.get("persist-credentials") is not False
        or (job != "environment" and given.get("ref") != BASE)
    ):  # fmt: skip
        yield "a checkout of something else, or one that leaves the token behind"
    if "cache" in uses or (job != "environment" and given.get("save-cache") == "true"):
        yield "a cache that is written"
    if "secrets." in str(step):
        yield "a secret"
    said = step.get("run", "")
    token = {k for k, v in step.get("env", {}).items() if "github.token" in str(v)}
    if token and not (
        said.lstrip().startswith("auth=") or (job == "judge" and "ci comment" in said)
    ):
        yield "the token where it is not needed"
    if "fetch" not in said and HEAD in str(step):
        yield "the head where it is not fetched"
    if re.search(
        r"git (checkout|switch|reset|merge|worktree|submodule|pull)|\bgh pr checkout", said
    ):
        yield "a change of the work tree"
    if uses.startswith("actions/upload-artifact@"):
        place = {"run": "${{ runner.temp }}/evidence", "judge": "${{ runner.temp }}/graded/public"}
        if given["path"] != place.get(job):
            yield "something else is uploaded"


def test_the_workflow_lets_a_pull_request_bend_nothing() -> None:
    assert list(problems(read(WORKFLOW))) == []


def the_step(workflow: Tree, job: str, part: str) -> Tree:
    """The step of a job that a text occurs in."""
    found: Tree = next(s for s in workflow["jobs"][job]["steps"] if part in str(s))
    return found


BENT: dict[str, Callable[[Tree], object]] = {
    "another event": lambda w: w["on"].update(workflow_run={}),
    "another branch": lambda w: w["on"]["pull_request_target"].pop("branches"),
    "rights for all jobs": lambda w: w.update(permissions="write-all"),
    "rights of a job": lambda w: w["jobs"]["run"].update(permissions={"contents": "write"}),
    "an expression in a command": lambda w: the_step(w, "run", "git fetch").update(
        run="auth=1; git fetch origin ${{ github.event.pull_request.head.ref }}"
    ),
    "an action that may become another one": lambda w: the_step(w, "run", "upload").update(
        uses="actions/upload-artifact@v4"
    ),
    "a checkout of something else": lambda w: the_step(w, "run", "checkout")["with"].update(
        ref="${{ github.event.pull_request.head.sha }}"
    ),
    "leaves the token behind": lambda w: the_step(w, "judge", "checkout")["with"].pop(
        "persist-credentials"
    ),
    "a cache that is written": lambda w: the_step(w, "run", "actions/grader")["with"].update(
        {"save-cache": "true"}
    ),
    "a secret": lambda w: the_step(w, "run", "ci run")["env"].update(X="${{ secrets.X }}"),
    "the token where it is not needed": lambda w: the_step(w, "run", "ci run")["env"].update(
        {"GITHUB_TOKEN": "${{ github.token }}"}
    ),
    "a change of the work tree": lambda w: the_step(w, "judge", "git fetch").update(
        run="auth=1\ngit checkout FETCH_HEAD"
    ),
    "something else is uploaded": lambda w: the_step(w, "judge", "upload")["with"].update(
        path="${{ runner.temp }}/graded"
    ),
}


@pytest.mark.parametrize("problem", BENT)
def test_a_workflow_that_was_loosened_is_noticed(problem: str) -> None:
    workflow = deepcopy(read(WORKFLOW))
    BENT[problem](workflow)
    assert any(problem in found for found in problems(workflow))


def test_the_action_is_pinned_and_takes_no_text_into_a_command() -> None:
    action = read(ACTION)
    assert action["runs"]["using"] == "composite"
    for step in action["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
        assert "uses" not in step or PINNED.fullmatch(step["uses"])
        assert ("run" in step) == ("shell" in step)
        if "cache/save" in step.get("uses", ""):
            assert "inputs.save-cache == 'true'" in step["if"]
    used = set(re.findall(r"inputs\.([\w-]+)", str(action["runs"])))
    assert used == set(action["inputs"])
    assert action["inputs"]["save-cache"]["default"] == "false"
    given = {key for step in steps(WORKFLOW) if "./" in step.get("uses", "")
             for key in step["with"]}  # fmt: skip
    assert given <= set(action["inputs"])


def steps(name: str) -> list[Tree]:
    return [step for job in read(name)["jobs"].values() for step in job["steps"]]


def test_gitlabs_pipeline_is_the_course_s_own_and_its_first_job_has_no_token() -> None:
    pipeline = read(GITLAB)
    first, *_ = pipeline["workflow"]["rules"]
    assert first == {"if": "$CI_COMMIT_BRANCH != $CI_DEFAULT_BRANCH", "when": "never"}
    assert "environment" not in pipeline["run"]
    assert "TOKEN" not in str(pipeline["run"]["script"])
    assert pipeline["judge"]["environment"]["name"] == "grading"
    assert pipeline["judge"]["artifacts"]["paths"] == ["graded/public"]
    assert "checkout" not in str(pipeline["run"]["script"])


def test_gitlabs_second_job_takes_nothing_from_the_first_but_evidence() -> None:
    pipeline = read(GITLAB)
    run, judge = pipeline["run"], pipeline["judge"]
    assert run["artifacts"].keys() == {"paths", "expire_in"}, "a report could set variables"
    assert judge["variables"] == {"GIT_STRATEGY": "none"}
    first, *others = judge["script"]
    assert first.startswith("cd /opt && git clone ")
    assert re.findall(r"git checkout.*", first) == ['git checkout --quiet "$CI_COMMIT_SHA"']
    assert "checkout" not in str(others)
    lines = [line for line in others if isinstance(line, str)]
    assert all(f'"$CI_PROJECT_DIR/{name}' in str(lines) for name in ("evidence", "graded"))
    assert not re.search(r" (?:evidence|graded)\b", str(lines))


def told_commands() -> Iterator[list[str]]:
    """The words after `ci` of each command in the files."""
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in (WORKFLOW, GITLAB, HOOKS)]
    for text in texts:
        for line in text.splitlines():
            if found := re.search(r'(?:"\$GRADER"|/grader|entry: grader) ci (\w.*)', line):
                yield shlex.split(found[1], posix=False)


def test_commands_in_the_files_can_be_parsed() -> None:
    told = list(told_commands())
    assert {name for name, *_ in told} == {"run", "judge", "comment", "look"}
    for name, *words in told:
        known = command.get_command(click.Context(command), name)
        assert known is not None
        options = {option for parameter in known.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options


DOCUMENT = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")


def test_the_document_tells_every_option_and_no_other() -> None:
    known = {
        option for name in command.list_commands(click.Context(command))
        for parameter in parameters(name) if isinstance(parameter, click.Option)
        for option in [*parameter.opts, *parameter.secondary_opts] if option.startswith("--")
    }  # fmt: skip
    told = set(re.findall(r"`(--[\w-]+)`", DOCUMENT))
    assert told == known


def parameters(name: str) -> list[click.Parameter]:
    found = command.get_command(click.Context(command), name)
    assert found is not None
    return found.params


def test_the_document_tells_every_right_that_the_workflow_asks_for() -> None:
    told = re.findall(r"^\| `(\w+)` \| `([\w-]+: \w+)` \|", DOCUMENT, re.MULTILINE)
    jobs = read(WORKFLOW)["jobs"].items()
    assert sorted(told) == sorted(
        (name, f"{right}: {how}") for name, job in jobs for right, how in job["permissions"].items()
    )


def test_the_document_leads_to_what_is_there() -> None:
    for name in (WORKFLOW, GITLAB):
        assert f"`{name}`" in DOCUMENT
    step = next(s for s in steps(WORKFLOW) if s.get("name") == "Let the fence close")
    assert f"`{step['run']}`" in DOCUMENT
    assert step["run"] in (ROOT / "docs" / "safety.md").read_text(encoding="utf-8")


def test_the_hook_runs_nothing_of_the_student() -> None:
    [hook] = yaml.safe_load((ROOT / HOOKS).read_text(encoding="utf-8"))
    assert {"id", "name", "entry", "language", "files"} <= set(hook)
    assert hook["entry"] == "grader ci look"
    assert re.match(hook["files"], "submissions/00-fundamentals/bo/x.ipynb")


def test_every_right_is_explained_where_it_is_asked_for() -> None:
    text = (ROOT / WORKFLOW).read_text(encoding="utf-8")
    asked = re.findall(r"^ +(?:contents|pull-requests): \w+(.*)$", text, re.MULTILINE)
    assert len(asked) == 3
    assert all(re.match(r" # \w", comment) for comment in asked)
