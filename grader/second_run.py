"""Whether a hand-in is worth a second run, and what comes of it.

A training that fell short of a threshold may have had a bad start: it starts once more from other
seeds, and the better answer counts. Where the answers differ, the notebook sets no seed that
decides them: it starts up to two times more. All of these start where nothing but the hand-in
says, so that whoever grades it from another initial seed tries the same ones.

Code that recognises a graded run can behave differently in it. A second run has another initial
seed and, where there is a sandbox, another host name; whoever looked at such things and comes to
other verdicts goes to a person. Verdicts do not depend on the seed, so an honest hand-in comes
out alike.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from grader.doubts import doubt_about
from grader.evidence import Evidence, number
from grader.facts import Answered, CellRead, Doubted
from grader.grade import Grade, Judged
from grader.origins import Origins
from grader.sources import read_sources

STARTS = (2**32, 2**32 + 1, 2**32 + 2)
"""Salts of the further runs of a hand-in, in order."""
LOOKS = (
    "os.environ", "os.getenv", "os.environb", "os.uname", "os.getpid", "os.getppid", "os.getuid",
    "os.geteuid", "os.getgid", "os.getlogin", "os.getpgid", "os.getcwd", "os.cpu_count",
    "os.sched_getaffinity", "os.getloadavg", "os.times", "os.stat", "os.statvfs", "os.access",
    "os.urandom", "os.popen", "os.system", "os.ttyname", "os.get_terminal_size", "socket",
    "platform", "getpass", "pwd", "grp", "psutil", "resource", "sysconfig", "site", "uuid",
    "secrets", "time", "datetime", "timeit", "calendar", "sys.argv", "sys.modules", "sys.path",
    "sys.executable", "sys.prefix", "sys.base_prefix", "sys.flags", "sys.meta_path", "sys.stdin",
    "sys.stdout.isatty", "threading.active_count", "threading.enumerate",
    "multiprocessing.cpu_count", "importlib.util.find_spec", "importlib.metadata", "pkgutil",
    "subprocess",
    "pathlib.Path.home", "pathlib.Path.cwd", "os.path.expanduser", "os.path.expandvars",
    "torch.initial_seed", "torch.seed", "torch.get_rng_state", "random.getstate",
    "random.SystemRandom", "numpy.random.get_state", "torch.random.initial_seed",
    "torch.random.get_rng_state", "torch.cuda.initial_seed", "torch.cuda.get_rng_state",
    "torch.get_num_threads", "torch.cuda.get_device_name", "torch.cuda.get_device_properties",
    "torch.__config__", "IPython.get_ipython", "get_ipython().config", "get_ipython().kernel",
)  # fmt: skip
"""What differs between machines and runs; a random number without a seed is not of it."""
LOOK = re.compile(f"({'|'.join(map(re.escape, LOOKS))})(\\.|$)")
PLACES = re.compile(r"^(/(?!content\b|kaggle\b|$)[\w.]|~)|/proc/|/sys/")
SHELL_CALLS = ("system", "getoutput", "run_line_magic", "run_cell_magic")
QUIET_PROGRAMS = {
    "pip", "pip3", "conda", "nvidia-smi", "wget", "curl", "git", "gdown", "unzip", "mkdir", "cd",
    "rm", "mv", "cp", "tar", "zip", "apt", "apt-get", "kaggle", "echo",
}  # fmt: skip
QUIET_MAGICS = {
    "matplotlib", "config", "load_ext", "autoreload", "time", "timeit", "pip", "conda",
    "writefile", "capture", "reload_ext", "tensorboard", "cd", "mkdir",
}  # fmt: skip
"""Commands whose answer tells nothing of the machine, or that are not run while grading."""


def looks_around(*sources: str) -> bool:
    """Whether the cells of a hand-in use anything by which they could tell one run from another."""
    read = read_sources(sources)
    trees = [tree for of_one in read.trees for tree in of_one]
    return any(looks(node, read.origins) for tree in trees for node in ast.walk(tree))


def looks(node: ast.AST, origins: Origins) -> bool:
    """Whether one piece of code looks at its surroundings."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and PLACES.search(node.value) is not None
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        module = getattr(node, "module", None) or ""
        names = [f"{module}.{a.name}" if module else a.name for a in node.names]
        return any(is_a_look(n) for n in names) or (bool(module) and is_a_look(module))
    if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in SHELL_CALLS:
        return asks_the_shell(node)
    if isinstance(node, (ast.Attribute, ast.Name, ast.Subscript, ast.Call)):
        return any(is_a_look(path) for path in origins.paths(node))
    return False


def asks_the_shell(node: ast.Call) -> bool:
    """Whether a `!command` or a magic could show something of the machine."""
    first = node.args[0] if node.args else None
    said = str(first.value).strip() if isinstance(first, ast.Constant) else ""
    if isinstance(node.func, ast.Attribute) and node.func.attr.startswith("run_"):
        return said.lstrip("%") not in QUIET_MAGICS
    many = any(sign in said for sign in ";|&$`<>\n")
    return many or said.partition(" ")[0] not in QUIET_PROGRAMS


def is_a_look(path: str) -> bool:
    """Whether a dotted name tells of the machine or the run, or lies below one that does."""
    return LOOK.match(path) is not None


def worth_a_second_run(evidence: Evidence, modules: Iterable[str] = ()) -> bool:
    """Whether a run that finished, and is not in doubt already, is to be held against another.

    Args:
        evidence: of the run.
        modules: sources of the Python files that came along.
    """
    if evidence.header.ending != "finished" or doubt_about(evidence, []):
        return False
    return looks_around(*(c.source for c in evidence.everywhere(CellRead)), *modules)


def differing(first: Grade, second: Grade) -> list[Doubted]:
    """A doubt for each exercise whose verdict two runs disagree about.

    Nothing is said where the second run did not finish, or could not judge the exercise: that is
    the machine's doing more often than the hand-in's. Nor is it where the file changed meanwhile.
    """
    same = first.submission == second.submission
    if not same or first.ending != "finished" or second.ending != "finished":
        return []
    again = {e.id: e for e in second.exercises}
    doubts = []
    for exercise in first.exercises:
        other = again.get(exercise.id)
        if other is None or "unknown" in (exercise.verdict, other.verdict):
            continue
        if exercise.verdict != other.verdict:
            doubts.append(Doubted(
                cell=first_cell(first, exercise.id), exercise=exercise.id,
                reason=f"two runs of this hand-in disagree: {exercise.verdict} in one,"
                f" {other.verdict} in the other",
            ))  # fmt: skip
    return doubts


def unlucky(judged: Iterable[Judged]) -> set[str]:
    """Challenges that were not met, and that another start of the training may meet."""
    return {
        challenge
        for j in judged if j.finding.verdict in ("failed", "partly", "no_evidence")
        for challenge in j.criterion.check.hangs_on_luck()
    }  # fmt: skip


def varying(evidence: Evidence, challenges: set[str]) -> set[str]:
    """Of some challenges, those that two runs answered differently."""
    told: dict[str, set[str]] = {}
    for run in {a.again for a in evidence.everywhere(Answered)}:
        for challenge in challenges:
            answers = [
                (a.by, a.name, a.ended, a.values) for a in evidence.everywhere(Answered)
                if (a.again, a.challenge) == (run, challenge)
            ]  # fmt: skip
            told.setdefault(challenge, set()).add(repr(answers))
    return {challenge for challenge, different in told.items() if len(different) > 1}


def with_answers(
    evidence: Evidence, other: Evidence, challenges: set[str], *, again: int = 1
) -> Evidence:
    """The evidence of a run with the answers of another run to some challenges at its end.

    Args:
        evidence: of the run.
        other: of the same hand-in, from other seeds.
        challenges: ids; their answers alone are taken over.
        again: which further run the other is.
    """
    answers = [
        a.model_copy(update={"again": again})
        for a in other.everywhere(Answered) if a.challenge in challenges
    ]  # fmt: skip
    return Evidence(header=evidence.header, facts=number([*evidence.facts, *answers]))


def first_cell(grade: Grade, exercise: str) -> int:
    """Index of the first cell that an exercise's marks are about; 0 where there is none."""
    cells: Iterable[int] = (c for m in grade.marks if m.exercise == exercise for c in m.cells)
    return min(cells, default=1) - 1
