"""Who may import whom: architecture.md, read from the source."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).parents[1] / "grader"
MOST_LINES = 301

# Lowest first. A name with a dot at its end is a folder.
LAYERS = [
    "syntax course",
    "misspelling",
    "errors fact finding signs ipython_syntax alike curves toml_text",
    "recipes components",
    "model_facts file_facts error_facts answers challenge",
    "facts",
    "evidence notebook author_file revisions cuts kinds folders names",
    "scripts archives",
    "questions",
    "headings outline starter doubts listings machinery missing_names origins pieces trees trips"
    " running_order trouble",
    "saved_states ready_made",
    "definitions",
    "check asked values results training_runs data_parts printed scene assignment preparation"
    " exercises fed hand_batches figures recipe_points class_readings chosen given_out starts",
    "own_data rankings",
    "students brought packed submission layouts. class_zips",
    "laid_out exports searched intake",
    "enrolment whence",
    "attendance",
    "consequences",
    "sources raised planting obstacles",
    "innermost",
    "fault variation lost_training",
    "cell_code",
    "training_code model_classes score_operations progress_lines",
    "loop_edits",
    "reaching",
    "along",
    "faults. neutral. corroboration.",
    "catalogue",
    "spoilt",
    "checks.",
    "plugins",
    "rubric_text",
    "rubric rubric_schema handbook sample sandboxes.",
    "another_homework",
    "asking",
    "grade run. mutating",
    "diagnosing",
    "executed unfound legible blocking audience keys footing second_run expectations ladders"
    " standing class_points",
    "whole_files",
    "record roster",
    "report proof audit equivalence",
    "demands. auditing",
    "tutor.",
    "learner ladder_texts chapters solved pages. reports.",
    "alongside.",
    "reporting",
    "weighing",
    "regrading grading",
    "ci.",
    "batch. selfcheck proving attempts",
    "practising releasing",
    "cli.",
]
OUTSIDE = {"__init__", "__main__", "kernel.__init__"}
ONLY_IN = {
    "click": ["cli."],
    "rich": ["cli."],
    "torch": ["kernel."],
    "torchvision": ["kernel."],
    "IPython": ["kernel.", "ipython_syntax"],
    "ipykernel": ["kernel."],
    "nbclient": ["run.", "sandboxes."],
    "jupytext": ["scripts"],
    "yaml": ["layouts.gradescope"],
    "zipfile": ["archives", "class_zips", "kernel.inspecting"],
    "jupyter_client": ["run.", "sandboxes."],
    "zmq": ["run.", "sandboxes.", "kernel.app"],
    "psutil": ["run.", "sandboxes."],
    "subprocess": ["run.", "sandboxes.", "revisions"],  # git, which reads objects and runs nothing
    "signal": ["run.", "sandboxes.", "kernel.warm", "kernel.fence.", "kernel.apart"],
}
PURE = ["faults.", "fault", "lost_training", "class_readings",
        "raised", "planting", "cell_code", "training_code",
        "loop_edits", "model_classes", "diagnosing", "checks.", "tutor.",
        "grade", "finding", "values", "results", "printed",
        "preparation", "check", "obstacles", "scene", "reports.", "doubts", "origins", "machinery",
        "innermost", "misspelling", "missing_names", "sources",
        "corroboration.", "curves", "footing", "training_runs", "trees", "reaching", "trips",
        "second_run", "audience", "legible", "executed", "report", "pages.", "ladders", "proof",
        "demands.", "spoilt", "rankings", "data_parts", "fed", "figures", "hand_batches",
        "recipe_points", "chosen",
        "given_out", "starts", "asked", "answers", "recipes", "challenge", "definitions",
        "saved_states", "own_data", "consequences", "ready_made", "running_order", "trouble",
        "score_operations", "progress_lines",
        "neutral.", "another_homework", "variation", "equivalence", "audit", "auditing",
         "weighing", "ci.inert", "ci.published", "ci.comment", "ci.annotations", "ci.junit",
         "ci.classroom50",
         "run.verdicts"]  # fmt: skip
IMPURE = {
    "time", "random", "datetime", "secrets", "os", "pathlib", "io", "shutil", "tempfile", "glob",
    "socket", "urllib", "requests", "http", "subprocess", "signal", "threading", "asyncio",
    "multiprocessing", "uuid", "locale", "platform",
}  # fmt: skip


class Import(NamedTuple):
    """One imported module: by whom, and whether only when a function runs or types are checked."""

    by: str
    name: str
    level: int
    late: bool
    for_types: bool

    @property
    def top(self) -> str:
        return self.name.partition(".")[0]


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


SOURCES = {module_name(p): p for p in sorted(PACKAGE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in SOURCES.items()}


def imports(by: str) -> Iterator[Import]:
    """Every import statement of a module, wherever it stands."""

    def walk(node: ast.AST, late: bool, for_types: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                for alias in child.names:
                    yield Import(by, alias.name, 0, late, for_types)
            elif isinstance(child, ast.ImportFrom):
                for alias in child.names:
                    yield Import(by, resolved(child, alias.name), child.level, late, for_types)
            function = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            types = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            yield from walk(child, late or function, for_types or types)

    return walk(TREES[by], late=False, for_types=False)


def resolved(node: ast.ImportFrom, imported: str) -> str:
    """`from grader import x` and `from grader.cli import x` name modules where x is one."""
    module = node.module or ""
    inner = f"{module}.{imported}".removeprefix("grader.")
    return f"{module}.{imported}" if inner in SOURCES else module


def ours(found: Import) -> str | None:
    """The module of ours that is imported, None for others."""
    if found.level or found.top != "grader" or found.name == "grader":
        return None
    return found.name.removeprefix("grader.")


def lies_in(module: str, places: list[str]) -> bool:
    return any(module.startswith(p) if p.endswith(".") else module == p for p in places)


def layer(module: str) -> int:
    """Position of a module's layer; a folder itself belongs where its files do."""
    for position, names in enumerate(LAYERS):
        places = names.split()
        if lies_in(module, places) or f"{module}." in places:
            return position
    raise KeyError(module)


ALL = [i for name in SOURCES for i in imports(name)]
HOST = [name for name in SOURCES if name not in OUTSIDE and not name.startswith("kernel.")]
KERNEL = [name for name in SOURCES if name.startswith("kernel.")]


def told(wrong: list[Import]) -> str:
    return "; ".join(f"{i.by} imports {i.name}" for i in wrong)


def test_every_module_has_a_layer_in_the_architecture() -> None:
    places = [p for names in LAYERS for p in names.split()]
    assert not [n for n in HOST if not lies_in(n, places) and f"{n}." not in places]


def test_no_module_imports_from_a_layer_above_its_own() -> None:
    wrong = [
        i
        for i in ALL
        if i.by in HOST
        and (to := ours(i))
        and not (i.by == "selfcheck" and to.startswith("kernel."))
        and layer(to) > layer(i.by)
    ]
    assert not wrong, told(wrong)


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph: dict[str, set[str]] = {name: set() for name in SOURCES}
    for found in ALL:
        if target := ours(found):
            graph[found.by].add(target)
    for name in KERNEL:
        for found in imports(name):
            if found.level:
                graph[name].add(relative(name, found))
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as problem:
        pytest.fail(" -> ".join(problem.args[1]))


def relative(by: str, found: Import) -> str:
    """The module that a relative import means."""
    parts = by.split(".")[: -found.level] + ([found.name] if found.name else [])
    return ".".join(parts) if ".".join(parts) in SOURCES else f"{'.'.join(parts)}.__init__"


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_stays_where_it_belongs(library: str) -> None:
    wrong = [i for i in ALL if i.top == library and not lies_in(i.by, ONLY_IN[library])]
    assert not wrong, told(wrong)


@pytest.mark.parametrize("library", ["numpy", "IPython", "jupytext"])
def test_a_heavy_library_is_imported_on_the_host_only_when_it_is_needed(library: str) -> None:
    wrong = [
        i for i in ALL if i.by in HOST and i.top == library and not (i.late or i.for_types)
    ]  # fmt: skip
    assert not wrong, told(wrong)


def test_what_judges_takes_no_clock_no_chance_and_no_files() -> None:
    wrong = [i for i in ALL if lies_in(i.by, PURE) and i.top in IMPURE]
    wrong = [i for i in wrong if not (i.by.startswith("reports.") and i.name == "io")]  # StringIO
    wrong = [i for i in wrong if not (i.by.startswith("tutor.") and i.name == "datetime")]
    assert not wrong, told(wrong)
    opened = [name for name in HOST if lies_in(name, PURE) and "open" in called(name)]
    assert not opened


def test_the_tutor_is_told_the_time_and_never_asks_for_it() -> None:
    clocks = {"now", "utcnow", "today", "fromtimestamp"}
    asking = {name for name in HOST if name.startswith("tutor.")
              for node in ast.walk(TREES[name])
              if isinstance(node, ast.Attribute) and node.attr in clocks}  # fmt: skip
    assert not asking


def called(module: str) -> set[str]:
    calls = (n for n in ast.walk(TREES[module]) if isinstance(n, ast.Call))
    return {c.func.id for c in calls if isinstance(c.func, ast.Name)}


def test_no_host_module_imports_the_kernels() -> None:
    wrong = [i for i in ALL if i.by in HOST and i.by != "selfcheck" and f"{i.name}.".startswith(
        "grader.kernel.")]  # fmt: skip
    assert not wrong, told(wrong)


def test_the_kernel_imports_nothing_of_ours_but_itself() -> None:
    wrong = [i for i in ALL if i.by in KERNEL and not i.level and i.top == "grader"]
    assert not wrong, told(wrong)


# These subclass what they import, or hook into it; their own import is late.
LATE_THEMSELVES = ("kernel.probes.operations", "kernel.probes.training",
                   "kernel.probes.training_loops", "kernel.probes.function_mode", "kernel.app",
                   "kernel.stream")  # fmt: skip


def test_the_kernel_needs_no_library_before_a_function_asks_for_it() -> None:
    known = sys.stdlib_module_names | {"__future__"}
    wrong = [
        i for i in ALL
        if i.by in KERNEL and not i.level and i.top not in known and not (i.late or i.for_types)
        and i.by not in LATE_THEMSELVES
    ]  # fmt: skip
    assert not wrong, told(wrong)


def test_the_kernel_knows_libraries_of_the_student_only() -> None:
    known = sys.stdlib_module_names | {"torch", "numpy", "IPython", "ipykernel", "google",
                                       "torchvision", "matplotlib", "zmq"}  # fmt: skip
    wrong = [i for i in ALL if i.by in KERNEL and not i.level and i.top not in known]
    assert not wrong, told(wrong)


def test_importing_is_absolute_outside_the_kernel() -> None:
    wrong = [i for i in ALL if i.level and i.by not in KERNEL]
    assert not wrong, told(wrong)


def test_only_plugins_scans_for_plugins() -> None:
    scanning = {i.by for i in ALL if i.top == "pkgutil"}
    scanning |= {n for n in SOURCES if "entry_points" in called(n)}
    assert scanning <= {"plugins", "catalogue"}


def test_every_file_is_short_enough_to_be_read() -> None:
    lines = {n: len(p.read_text(encoding="utf-8").splitlines()) for n, p in SOURCES.items()}
    assert not {n: count for n, count in lines.items() if count >= MOST_LINES}


@pytest.mark.parametrize("name", [n for n in SOURCES if n.endswith("__init__")])
def test_an_init_file_holds_its_docstring_only(name: str) -> None:
    first, *rest = TREES[name].body
    assert ast.get_docstring(TREES[name])
    assert isinstance(first, ast.Expr)
    if name == "__init__":
        rest = [n for n in rest if not ast.unparse(n).startswith("__version__ = ")]
    assert not rest


def test_every_module_says_what_it_is() -> None:
    assert not [name for name, tree in TREES.items() if not ast.get_docstring(tree)]


def test_every_file_and_class_has_a_telling_name() -> None:
    vague = {"utils", "helpers", "common", "misc", "base", "core", "manager", "handler", "factory"}
    assert not [name for name in SOURCES if vague & set(name.split("."))]
    trees = [node for tree in TREES.values() for node in ast.walk(tree)]
    classes = [node.name.lower() for node in trees if isinstance(node, ast.ClassDef)]
    assert not [c for c in classes if c.endswith(tuple(vague - {"base", "core"}))]
