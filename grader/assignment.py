"""An assignment: its exercises, limits, and what the template gave.

Read from `assignments/<id>/assignment.toml` in a course folder, which is the folder that holds
`assignments/` and `rubrics/`.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from grader.errors import AuthorError, nearest

ModuleName = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$")]


class Limits(BaseModel):
    """What one hand-in may use.

    CPU time counts, so that a busy machine costs nobody anything; wall time is a wide backstop
    against code that sleeps or waits.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cell_cpu_s: float = Field(60, gt=0, description="CPU seconds of one cell")
    cell_wall_s: float = Field(300, gt=0, description="seconds of one cell")
    run_cpu_s: float = Field(600, gt=0, description="CPU seconds of the whole hand-in")
    run_wall_s: float = Field(1800, gt=0, description="seconds of the whole hand-in")
    interrupt_grace_s: float = Field(5, gt=0, description="seconds to react to an interrupt")
    memory_mb: int = Field(6144, ge=512, description="resident memory in MiB")
    processes: int = Field(256, ge=32, description="processes and threads at a time")
    disk_mb: int = Field(1024, ge=4, description="MiB it may write; they lie in memory")
    files: int = Field(20_000, ge=100, description="files and folders it may make")
    output_bytes: int = Field(20_000_000, gt=0, description="output of one cell in characters")
    kept_text: int = Field(
        200_000, gt=0, le=1_000_000, description="characters kept of each output"
    )


class Exercise(BaseModel):
    """One exercise.

    Attributes:
        id: as rubrics and reports name it, usually its number.
        title: a few words of our own.
        headings: other heading texts it is known by, such as the public course's; compared
            without case, punctuation or number.
        lines: digests of the template's given lines, by which its cells are known when the
            heading is gone.
        graded: False for reading exercises.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: str
    headings: list[str] = []
    lines: list[str] = []
    graded: bool = True


class Assignment(BaseModel):
    """What students were asked to do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: str
    file_names: list[str] = Field(
        [], description="usual names of the hand-in's file: they say nothing about the student"
    )
    given_cells: list[str] = Field([], description="digests of the template's code cells")
    limits: Limits = Limits()
    preload: list[ModuleName] = Field(
        ["torchvision", "matplotlib.pyplot", "pandas", "sklearn"],
        description="imported once for a batch if any of its hand-ins does; torch always is",
    )
    exercise: list[Exercise] = Field(min_length=1)

    def titled(self, exercise: str) -> Exercise:
        """The exercise of an id."""
        return next(e for e in self.exercise if e.id == exercise)


def find_course(start: Path) -> Path | None:
    """The nearest folder from start upwards that holds assignments/ and rubrics/."""
    for folder in (start, *start.parents):
        if (folder / "assignments").is_dir() and (folder / "rubrics").is_dir():
            return folder
    return None


def known_assignments(course: Path) -> list[str]:
    """Ids of the course's assignments."""
    return sorted(p.parent.name for p in (course / "assignments").glob("*/assignment.toml"))


def load_assignment(course: Path, name: str) -> Assignment:
    """Read an assignment.

    Raises:
        AuthorError: everything that is wrong with its file.
    """
    path = course / "assignments" / name / "assignment.toml"
    assignment = Assignment.model_validate(read_toml(path, Assignment))
    problems = []
    if assignment.id != name:
        problems.append(f"{path}: id: {assignment.id!r} differs from its folder {name!r}")
    ids = [e.id for e in assignment.exercise]
    problems += [f"{path}: exercise {i!r} occurs twice" for i in set(ids) if ids.count(i) > 1]
    if problems:
        raise AuthorError(problems)
    return assignment


def read_toml(path: Path, model: type[BaseModel]) -> dict[str, Any]:
    """A TOML file's data, if the model accepts it.

    Raises:
        AuthorError: every problem of the file, each with its key and the nearest valid one.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        model.model_validate(data)
    except OSError as problem:
        raise AuthorError([f"{path}: {problem.strerror or problem}"]) from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise AuthorError([f"{path}: not TOML: {problem}"]) from problem
    except ValidationError as problem:
        raise AuthorError([f"{path}: {line}" for line in explain(problem, model)]) from problem
    return data


def explain(problem: ValidationError, model: type[BaseModel]) -> list[str]:
    """Pydantic's errors as "key: what is wrong; did you mean …?"."""
    lines = []
    for error in problem.errors():
        key = ".".join(str(part) for part in error["loc"])
        if error["type"] == "extra_forbidden":
            owner = owner_of(model, error["loc"])
            known = list(owner.model_fields) if owner else []
            lines.append(f"{key}: unknown key{nearest(str(error['loc'][-1]), known)}")
        else:
            lines.append(f"{key}: {error['msg'].removeprefix('Value error, ')}")
    return lines


def owner_of(model: type[BaseModel], path: tuple[int | str, ...]) -> type[BaseModel] | None:
    """The model that a key path's last key should belong to."""
    owner: type[BaseModel] | None = model
    for part in path[:-1]:
        if isinstance(part, int) or owner is None:
            continue
        field = owner.model_fields.get(part)
        inner = field.annotation if field else None
        options = [inner, *getattr(inner, "__args__", ())]
        owner = next((o for o in options if isinstance(o, type) and issubclass(o, BaseModel)), None)
    return owner
