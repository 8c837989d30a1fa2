"""The README and the pages of docs/ tell the truth about the program."""

from __future__ import annotations

import csv
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import click
import nbformat
import pytest
from click.testing import CliRunner
from documentation import PAGES, TEXT, anchors, links

import grader
from grader import errors
from grader.assignment import Assignment, Exercise, Limits, load_assignment
from grader.cli.main import cli
from grader.course import known_assignments
from grader.evidence import SCHEMA as EVIDENCE_SCHEMA
from grader.evidence import Evidence, Header
from grader.expectations import Expectation, ExpectText
from grader.facts import Claim, Fact, Observation
from grader.grade import SCHEMA as GRADE_SCHEMA
from grader.grade import ExerciseVerdict, Grade, judge, mark
from grader.handbook import summary
from grader.plugins import check_kinds
from grader.report import Records, formats, overviews
from grader.reports.table import grades_csv
from grader.rubric import build_check, load_rubric
from grader.rubric_text import CriterionText
from grader.sandboxes import facilities
from grader.sandboxes.channels import MESSAGE_BYTES
from grader.sandboxes.fenced import NAME, FencedProvisioner
from grader.signs import SIGNS

COURSE = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def section(heading: str) -> str:
    """The documentation below a heading, up to the next one."""
    return TEXT.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def rows(text: str, head: str) -> list[list[str]]:
    """The cells of the table whose first column is called head, without its two head lines."""
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith(f"| {head} |"):
            next(lines)
            break
    found = []
    for line in lines:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def names(cell: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", cell)


def code() -> Iterator[str]:
    """Every line of a block and every piece in backticks."""
    for _, block in BLOCK.findall(TEXT):
        yield from block.splitlines()
    yield from names(BLOCK.sub("", TEXT))


def commands(program: str) -> list[list[str]]:
    """The words after a program's name, for each of its commands in the documentation."""
    found = [line.removeprefix(".venv/bin/") for line in code()]
    return [shlex.split(line)[1:] for line in found if line.startswith(f"{program} ")]


def command_named(name: str) -> click.Command:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None, f"there is no command {name}"
    return command


def test_make_targets_exist_and_are_told() -> None:
    makefile = (COURSE / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^(\w+):", makefile, re.MULTILINE))
    assert {words[0] for words in commands("make")} == targets - {"help"}


def test_the_first_make_target_is_help() -> None:
    makefile = (COURSE / "Makefile").read_text(encoding="utf-8")
    assert re.findall(r"^(\w+):", makefile, re.MULTILINE)[0] == "help"


def test_grader_commands_can_be_parsed() -> None:
    told = commands("grader")
    assert told
    for name, *words in told:
        command = command_named(name)
        if isinstance(command, click.Group) and words:
            inner = command.get_command(click.Context(command), words[0])
            assert inner is not None, words[0]
            command = inner
        options = {o for p in command.params for o in (*p.opts, *p.secondary_opts)} | {"--help"}
        assert {w for w in words if w.startswith("-") and w != "-"} <= options


def test_options_in_the_text_exist() -> None:
    context = click.Context(cli)
    commands = [command_named(name) for name in cli.list_commands(context)]
    commands += [c for one in commands if isinstance(one, click.Group)
                 for c in one.commands.values()]  # fmt: skip
    all_options = {
        option
        for command in commands
        for parameter in command.params
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    assert {piece for piece in code() if re.fullmatch(r"--[\w-]+", piece)} <= all_options


@pytest.mark.parametrize("command", ["grade", "prove", "audit"])
def test_all_options_are_told(command: str) -> None:
    told = {word for piece in code() for word in piece.split()}
    for parameter in command_named(command).params:
        if isinstance(parameter, click.Option):
            assert told & set(parameter.opts), f"{parameter.opts} is nowhere in the documentation"


def test_assignments_in_commands_exist() -> None:
    told = {w[w.index("--assignment") + 1] for w in commands("grader") if "--assignment" in w}
    assert told
    assert told <= set(known_assignments(COURSE))


WRITE = "Write an assignment"


def test_all_checks_are_told_as_the_program_tells_them() -> None:
    told = [(names(row[0])[0], row[1]) for row in rows(section(WRITE), "kind")]
    assert told == [(kind, summary(kind)) for kind in check_kinds()]


def test_all_criterion_keys_are_told() -> None:
    told = [names(row[0])[0] for row in rows(section(WRITE), "key")]
    assert told == list(CriterionText.model_fields)


def test_all_assignment_keys_are_told() -> None:
    def told(head: str) -> set[str]:
        return {names(row[0])[0] for row in rows(section(WRITE), head)}

    needed = {"id", "title"}
    assert told("key of the assignment") | needed | {"exercise"} == set(Assignment.model_fields)
    assert told("key of an exercise") | needed == set(Exercise.model_fields)


def toml_examples(key: str) -> list[dict[str, Any]]:
    """What the documentation's TOML blocks hold that have a key."""
    examples = [tomllib.loads(text) for language, text in BLOCK.findall(TEXT)
                if language == "toml"]  # fmt: skip
    return [data for data in examples if key in data]


def test_the_example_criterion_is_valid() -> None:
    assert toml_examples("criterion")
    for data in toml_examples("criterion"):
        for item in data["criterion"]:
            check, problems = build_check(CriterionText.model_validate(item, strict=True).check)
            assert problems == []
            assert check is not None


def test_the_example_assignment_is_valid() -> None:
    [data] = toml_examples("exercise")
    Assignment.model_validate(data, strict=True)


def test_the_files_of_a_new_assignment_are_told(tmp_path: Path) -> None:
    [words] = [words for name, *words in commands("grader") if name == "new" and len(words) > 1]
    said = CliRunner().invoke(cli, ["new", *words, "--course", str(tmp_path)])
    assert said.exit_code == 0
    files = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()}
    told = {names(row[0])[0] for row in rows(section(WRITE), "file")}
    in_folders = {f for f in files if f"{f.rpartition('/')[0]}/" in told}
    assert files - in_folders == {name for name in told if not name.endswith("/")}
    assert in_folders
    first_line = (tmp_path / "rubrics" / f"{words[0]}.toml").read_text("utf-8").splitlines()[0]
    assert f"`{first_line}`" in section(WRITE)


def test_all_keys_of_a_mistake_are_told_and_the_example_is_one() -> None:
    text = section("Prove an assignment")
    assert [names(row[0])[0] for row in rows(text, "key")] == list(Expectation.model_fields)
    [example] = [block for language, block in BLOCK.findall(text) if language == "toml"]
    [told] = ExpectText.model_validate(tomllib.loads(example)).mistake
    assert set(told.verdicts) <= set(told.loses)


def test_exit_codes_are_those_of_the_program() -> None:
    told = {int(row[0]) for row in rows(section("Exit codes"), "code")}
    assert told == {value for name, value in vars(errors).items() if name.startswith("EXIT_")}


@pytest.mark.parametrize(
    ("code_told", "word"),
    [
        (errors.EXIT_OK, "done"),
        (errors.EXIT_USAGE, "usage"),
        (errors.EXIT_AUTHOR, "rubric"),
        (errors.EXIT_HOST, "machine"),
        (errors.EXIT_BUG, "bug"),
        (errors.EXIT_STOPPED, "Ctrl-C"),
    ],
)
def test_exit_codes_mean_what_is_told(code_told: int, word: str) -> None:
    meanings = {int(row[0]): row[1] for row in rows(section("Exit codes"), "code")}
    assert word in meanings[code_told]


def test_all_verdicts_and_signs_are_told() -> None:
    told = {row[1]: row[0] for row in rows(TEXT, "sign")}
    assert told == SIGNS
    assert set(told) == set(get_args(ExerciseVerdict))


SAFE = "How grading stays safe"


def test_all_limits_are_told_with_their_defaults() -> None:
    told = {names(row[0])[0]: float(row[1]) for row in rows(section(SAFE), "limit")}
    assert told == {name: f.default for name, f in Limits.model_fields.items()}
    assert "preload" in Assignment.model_fields
    assert f"{MESSAGE_BYTES >> 20} MiB" in section(SAFE)


def test_cures_that_doctor_names_are_told() -> None:
    """By the settings in the source, because no machine lacks all of them."""
    source = Path(facilities.__file__).read_text(encoding="utf-8")
    settings = re.findall(r'"((?:kernel|user)/\w+)": \("\d+", "(\d+)"\)', source)
    assert settings
    told = section("Where the fence does not close")
    for name, value in settings:
        assert f"`sudo sysctl -w {name.replace('/', '.')}={value}`" in told


def kernel_json() -> dict[str, Any]:
    """The documentation's kernelspec."""
    [text] = [text for language, text in BLOCK.findall(TEXT) if language == "json"]
    spec: dict[str, Any] = json.loads(text)
    return spec


def test_the_kernelspec_names_our_provisioner_and_its_settings() -> None:
    provisioner = kernel_json()["metadata"]["kernel_provisioner"]
    project = tomllib.loads((COURSE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    entry_points = project["entry-points"]["jupyter_client.kernel_provisioners"]
    assert provisioner["provisioner_name"] == NAME
    assert entry_points[NAME] == f"{FencedProvisioner.__module__}:{FencedProvisioner.__name__}"
    assert set(provisioner["config"]) <= set(FencedProvisioner.class_trait_names())
    Limits.model_validate(provisioner["config"]["limits"])


@pytest.mark.kernel
def test_the_kernelspec_starts_a_fenced_kernel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nbclient import NotebookClient

    folder = tmp_path / "kernels" / "fenced"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(kernel_json()), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    source = f"import os; print(os.getcwd(), os.path.exists({str(tmp_path)!r}))"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    NotebookClient(notebook, kernel_name="fenced", timeout=300, startup_timeout=300).execute()
    assert notebook.cells[0].outputs[0].text == "/content False\n"


def fact_kinds(family: type[Fact]) -> set[str]:
    return {kind.model_fields["kind"].default for kind in family.__subclasses__()}


def test_all_kinds_of_fact_are_told() -> None:
    table = rows(section("What counts as evidence"), "kind of fact")
    told = {(names(row[0])[0], row[2]) for row in table}
    outside = {(kind, "outside") for kind in fact_kinds(Observation)}
    assert told == outside | {(kind, "inside") for kind in fact_kinds(Claim)}


def test_versions_and_header_keys_are_told() -> None:
    text = section("Grade your own folder")
    assert f"`{EVIDENCE_SCHEMA}`" in text
    assert f"`{GRADE_SCHEMA}`" in text
    told = re.search(r"header \((.*?)\)", text)
    assert told is not None
    assert names(told.group(1)) == [f.alias or n for n, f in Header.model_fields.items()]


def test_all_grade_keys_are_told() -> None:
    table = rows(section("Grade your own folder"), "key")
    told = [name for row in table for name in names(row[0])]
    assert told == [f.alias or n for n, f in Grade.model_fields.items()]


def test_the_columns_of_the_table_are_told() -> None:
    assignment = load_assignment(COURSE, "00-fundamentals")
    rubric = load_rubric(COURSE, assignment)
    header = Header(
        schema=EVIDENCE_SCHEMA, assignment=assignment.id, student="x", submission="",
        ending="unreadable", why="empty",
    )  # fmt: skip
    evidence = Evidence(header=header)
    grade = mark(evidence, judge(evidence, rubric, assignment), assignment)
    columns = next(csv.reader(grades_csv(Records([grade]))))
    line = next(li for li in TEXT.splitlines() if li.startswith("**`grades.csv`**"))
    told = names(line)[1:]
    assert told == [c for c in columns if not c.startswith("exercise ")]


def test_all_reports_are_told() -> None:
    told = {
        names(row[0])[0].rpartition("/")[2]
        for row in rows(section("Grade your own folder"), "written to")
    }
    assert {f.file for f in formats()} | {o.file for o in overviews()} <= told


def test_pictures_are_there_and_are_described() -> None:
    found = [
        (description, page.parent / path)
        for page in PAGES
        for description, path in re.findall(r"!\[(.*?)\]\((.*?)\)", page.read_text("utf-8"))
    ]
    assert found
    for description, path in found:
        assert len(description) > 40
        assert path.stat().st_size < 150_000


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_links_lead_to_what_is_there(page: Path) -> None:
    for path, anchor in links(page):
        assert path.exists(), path
        assert not anchor or anchor in anchors(path), f"{path.name}#{anchor}"


def test_every_page_is_named_in_the_readme() -> None:
    led_to = {path for path, _ in links(COURSE / "README.md")}
    assert {page.resolve() for page in PAGES[1:]} <= led_to


def test_the_changelog_has_this_version() -> None:
    changelog = (COURSE / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\n## {grader.__version__}\n" in changelog


def test_the_tone_is_kind() -> None:
    text = TEXT + (COURSE / "CHANGELOG.md").read_text(encoding="utf-8")
    assert not re.search(r"\b(just|simply|obviously)\b", text, re.IGNORECASE)


def test_the_quick_tests_are_files_that_are_there() -> None:
    named = Path(__file__).with_name("quick.txt").read_text(encoding="utf-8").split()
    assert len(named) > 20
    assert named == sorted(set(named))
    assert [name for name in named if not (Path(__file__).parents[1] / name).is_file()] == []
