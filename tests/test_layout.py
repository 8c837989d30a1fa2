"""What a kernel sees of Python, however it is installed here, and of what lies around it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from ordinary_user import as_ordinary_user

from grader.kernel import loaded
from grader.kernel.fence import view
from grader.sandboxes import layout
from grader.sandboxes.fenced import environment
from grader.sandboxes.layout import outermost, python_folders, sight

ROOT = Path(__file__).parents[1]
TESTS = ROOT / "tests"
AS_ROOT = os.geteuid() == 0
LOOKING = str(TESTS / "looking.py")
PURE = sysconfig.get_path("purelib")
VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"


def test_the_systems_folders_are_the_ones_that_the_view_shows() -> None:
    assert layout.SYSTEM == view.SYSTEM
    assert layout.PACKAGES == loaded.PACKAGES


# Which folders


@pytest.fixture
def python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """A Python and a virtual environment of it, in folders that hold other things too."""
    places = {"python": tmp_path / "python", "venv": tmp_path / "venv", "user": tmp_path / "user"}
    for folder in (places["python"], places["venv"]):
        for part in ("bin", "lib", "assignments", ".git"):
            (folder / part).mkdir(parents=True)
    places["user"].mkdir()
    (places["python"] / "bin" / "python3").touch()
    (places["venv"] / "bin" / "python").symlink_to(places["python"] / "bin" / "python3")
    (places["venv"] / "lib64").symlink_to("lib")
    (places["venv"] / "pyvenv.cfg").touch()
    set_prefixes(monkeypatch, places["venv"], places["python"])
    monkeypatch.setattr("site.ENABLE_USER_SITE", False)
    monkeypatch.setattr("site.getusersitepackages", lambda: str(places["user"]))
    return places


def set_prefixes(patched: pytest.MonkeyPatch, prefix: Path, base: Path) -> None:
    for name in ("prefix", "exec_prefix"):
        patched.setattr(sys, name, str(prefix))
    for name in ("base_prefix", "base_exec_prefix"):
        patched.setattr(sys, name, str(base))
    patched.setattr(sys, "executable", str(prefix / "bin" / "python"))


def parts(folder: Path, *names: str) -> list[str]:
    return [str(folder / name) for name in names]


def test_of_python_and_its_environment_only_the_parts_of_a_python_are_shown(
    python: dict[str, Path],
) -> None:
    assert python_folders() == [
        *parts(python["python"], "bin", "lib"),
        *parts(python["venv"], "bin", "lib", "lib64", "pyvenv.cfg"),
    ]


def test_packages_of_the_user_are_shown_where_python_takes_them(
    python: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("site.getuserbase", lambda: "/base")
    assert "PYTHONUSERBASE" not in environment(1)
    monkeypatch.setattr("site.ENABLE_USER_SITE", True)
    assert str(python["user"]) in python_folders()
    assert environment(1)["PYTHONUSERBASE"] == "/base"
    python["user"].rmdir()
    assert str(python["user"]) not in python_folders()
    assert "PYTHONUSERBASE" not in environment(1)


def test_every_link_on_the_way_to_python_is_shown_and_where_it_leads(
    python: dict[str, Path], tmp_path: Path
) -> None:
    shims = tmp_path / "shims"
    shims.mkdir()
    (shims / "python3").symlink_to(python["python"] / "bin" / "python3")
    (python["venv"] / "bin" / "python").unlink()
    (python["venv"] / "bin" / "python").symlink_to(shims / "python3")
    found = python_folders()
    assert str(shims / "python3") in found
    assert str(shims) not in found
    assert str(python["python"] / "lib") in found


def test_a_prefix_behind_a_link_is_shown_under_both_its_names(
    python: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to(python["venv"])
    set_prefixes(monkeypatch, tmp_path / "link", python["python"])
    found = python_folders()
    assert {str(tmp_path / "link" / "lib"), str(python["venv"] / "lib")} <= set(found)


def test_links_that_lead_in_a_circle_are_followed_for_a_while_only(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to(tmp_path / "two")
    (tmp_path / "two").symlink_to(tmp_path / "one")
    assert len(list(layout.chain(str(tmp_path / "one")))) <= layout.MOST_LINKS + 1


def test_a_python_of_the_system_needs_no_folder_of_its_own(
    python: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    (python["venv"] / "bin" / "python").unlink()
    (python["venv"] / "bin" / "python").symlink_to("/usr/bin/env")
    set_prefixes(monkeypatch, python["venv"], Path("/usr"))
    assert python_folders() == parts(python["venv"], "bin", "lib", "lib64", "pyvenv.cfg")


def test_a_folder_that_is_only_called_like_the_systems_is_shown() -> None:
    assert outermost(["/usr2/lib", "/usr/lib", "/usr"]) == ["/usr2/lib"]


def test_what_lies_in_another_is_shown_with_it_unless_something_hidden_lies_between() -> None:
    assert outermost(["/py/lib/env/lib", "/py/lib"]) == ["/py/lib"]
    assert outermost(["/py/lib/env/lib", "/py/lib"], ["/py/lib/env"]) == [
        "/py/lib", "/py/lib/env/lib",
    ]  # fmt: skip
    assert outermost(["/usr/src/env/lib"], ["/usr/src"]) == ["/usr/src/env/lib"]
    assert outermost(["/usr/src/env/lib"], ["/srv"]) == []


# What stays out of sight


def test_what_is_hidden_is_so_under_every_name_that_leads_there(tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    (venv / "lib" / "inner").mkdir(parents=True)
    (venv / "lib64").symlink_to("lib")
    (tmp_path / "link").symlink_to(venv)
    hidden = [str(tmp_path / "link" / "lib" / "inner")]
    seen = sight(parts(venv, "lib", "lib64"), [], hidden)
    assert seen.shown == parts(venv, "lib", "lib64")
    assert seen.hidden == parts(venv, "lib/inner", "lib64/inner")


def test_where_nothing_hidden_is_in_sight_nothing_is_covered() -> None:
    assert sight(["/py/lib"], [], ["/py", "/course", "/py/library"]).hidden == []
    assert sight([], [], ["/usr/src/course"]).hidden == ["/usr/src/course"]


def test_the_home_is_hidden_where_it_lies_in_a_folder_of_python(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", "/opt/py/lib/ann")
    seen = sight(["/opt/py/lib", "/opt/py/lib/ann/venv/lib"], [], [])
    assert seen == (["/opt/py/lib", "/opt/py/lib/ann/venv/lib"], ["/opt/py/lib/ann"])


@pytest.mark.parametrize("home", ["/", "/usr/sbin", "/bin", "/root"])
def test_a_home_that_is_the_systems_stays_in_sight(
    monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    monkeypatch.setenv("HOME", home)
    assert sight([], [], []).hidden == []


def test_a_folder_that_holds_what_is_hidden_is_not_shown_for_what_was_imported_from_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    elsewhere = ["/home", "/home/ann", "/course", "/course/ours", "/other/site-packages"]
    seen = sight([], elsewhere, ["/course", "/other/site-packages/grader"])
    assert seen.shown == ["/course/ours", "/other/site-packages"]
    assert seen.hidden == ["/other/site-packages/grader"]


# What the warm parent imported from elsewhere


def test_of_what_was_imported_the_packages_are_named_and_not_the_folders_they_lie_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("whole", "whole/inner", "unused", "spaced"):
        (tmp_path / name).mkdir()
    for name in ("whole/__init__", "whole/inner/__init__", "single", "spaced/part"):
        (tmp_path / f"{name}.py").touch()
    (tmp_path / "site-packages").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path / "site-packages"))
    for name in ("whole", "whole.inner", "single", "spaced", "spaced.part"):
        __import__(name)
    known = [sys.prefix, sys.base_prefix, str(ROOT), "/usr"]
    assert loaded.elsewhere(known) == parts(
        tmp_path, "single.py", "site-packages", "spaced", "whole"
    )
    for name in ("whole", "whole.inner", "single", "spaced", "spaced.part"):
        del sys.modules[name]


def test_a_library_is_named_with_its_links_and_with_its_folder_if_that_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").touch()
    file = tmp_path / "libmine.so.1.0"
    file.touch()
    (tmp_path / "libmine.so.1").symlink_to(file.name)
    (tmp_path / "notes").symlink_to("other")
    monkeypatch.setenv(loaded.LIBRARY_PATH, "")
    assert sorted(loaded.libraries([str(file)])) == parts(tmp_path, "libmine.so.1", file.name)
    monkeypatch.setenv(loaded.LIBRARY_PATH, f":relative:/nowhere:{tmp_path}/")
    assert f"{tmp_path}/" in loaded.libraries([str(file)])


def test_of_a_module_in_an_archive_the_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.zip").touch()
    assert loaded.file_of(str(tmp_path / "a.zip" / "inner" / "x.py")) == str(tmp_path / "a.zip")
    assert loaded.file_of("/nowhere/at/all.py") == ""


def test_what_other_users_cannot_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("shut", "folder", "open"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    (tmp_path / "shut" / "__init__.py").chmod(0o640)
    (tmp_path / "folder").chmod(0o754)
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(loaded, "modules", lambda: map(str, tmp_path.rglob("*")))
    assert loaded.closed_to_others() == parts(tmp_path, "folder", "shut/__init__.py")


# Real ones


class Place(NamedTuple):
    """An installation, and how it is used.

    Attributes:
        python: to run.
        environment: variables that its user has set.
        imports: modules that it has and others have not.
        preload: of those, the ones to import beforehand.
    """

    python: Path
    environment: Mapping[str, str] = MappingProxyType({})
    imports: tuple[str, ...] = ()
    preload: tuple[str, ...] = ()


class Ground(NamedTuple):
    """A home with a course in it, and a secret in every folder."""

    home: Path

    @property
    def course(self) -> Path:
        return self.home / "course"

    @property
    def hand_ins(self) -> Path:
        return self.home / "handed in"


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    made = Ground(tmp_path / "home")
    for folder in (made.course / "rubrics", made.course / "assignments", made.hand_ins):
        folder.mkdir(parents=True)
    return made


def venv_at(folder: Path, python: str | Path = sys.executable) -> Path:
    """A virtual environment with this one's packages, and with us as if to be edited."""
    made = [python, "-m", "venv", "--symlinks", "--without-pip", str(folder)]
    subprocess.run(made, check=True)
    (folder / "lib" / VERSION / "site-packages" / "more.pth").write_text(f"{PURE}\n{ROOT}\n")
    return folder / "bin" / "python"


def in_the_course(ground: Ground) -> Place:
    """With a copy of us among its packages."""
    python = venv_at(ground.course / ".venv")
    packages = ground.course / ".venv" / "lib" / VERSION / "site-packages"
    (packages / "more.pth").write_text(f"{PURE}\n")
    shutil.copytree(ROOT / "grader", packages / "grader")
    return Place(python)


def the_course_itself(ground: Ground) -> Place:
    return Place(venv_at(ground.course))


def linked(ground: Ground) -> Place:
    """As uv and pyenv do it: links from one folder of the home to the other."""
    base = Path(sys.executable).resolve()
    versions, shims = ground.home / "versions", ground.home / "shims"
    versions.mkdir()
    shims.mkdir()
    (versions / "3").symlink_to(base.parents[1])
    (shims / "python3").symlink_to(versions / "3" / "bin" / base.name)
    python = venv_at(ground.home / "envs" / "real", shims / "python3")
    (ground.home / "env").symlink_to(ground.home / "envs" / "real")
    return Place(ground.home / "env" / "bin" / python.name)


def of_the_user(ground: Ground) -> Place:
    """`pip install --user`: no virtual environment, packages in the home."""
    packages = ground.home / ".local" / "lib" / VERSION / "site-packages"
    packages.mkdir(parents=True)
    (packages / "more.pth").write_text(f"{PURE}\n{ROOT}\n")
    (packages / "mine.py").touch()
    return Place(Path(sys.executable).resolve(), imports=("mine",))


def to_be_edited(ground: Ground) -> Place:
    """A package of one's own in the course, and a library that LD_LIBRARY_PATH leads to."""
    python = venv_at(ground.home / "env")
    package, libraries = ground.course / "src" / "ours", ground.home / "libraries"
    package.mkdir(parents=True)
    libraries.mkdir()
    (package / "__init__.py").write_text("import ctypes\nctypes.CDLL('libours.so.1')\n")
    (package / "later.py").write_text("import ctypes\nctypes.CDLL('libours2.so')\n")
    found = next(Path(p) for p in loaded.mapped() if "lib-dynload" in p)
    for name in ("libours.so.1.0", "libours2.so"):
        shutil.copy(found, libraries / name)
    (libraries / "libours.so.1").symlink_to("libours.so.1.0")
    more = ground.home / "env" / "lib" / VERSION / "site-packages" / "ours.pth"
    more.write_text(f"{package.parent}\n")
    return Place(
        python, {"LD_LIBRARY_PATH": str(libraries)}, ("ours", "ours.later"), ("ours",)
    )  # fmt: skip


def with_everything_in_it(ground: Ground) -> Place:
    """As conda makes them: a prefix of its own, with further things beside Python's parts."""
    prefix = ground.home / "conda"
    for folder in ("bin", "conda-meta", "envs"):
        (prefix / folder).mkdir(parents=True)
    shutil.copy(Path(sys.executable).resolve(), prefix / "bin" / VERSION)
    left_out = shutil.ignore_patterns("site-packages", "dist-packages", "test", "__pycache__")
    shutil.copytree(Path(os.__file__).parent, prefix / "lib" / VERSION, ignore=left_out)
    return Place(prefix / "bin" / VERSION, {"PYTHONPATH": f"{PURE}:{ROOT}"})


LOOK = """
import importlib, json, os, shutil, subprocess, sys
secrets = [os.path.join(top, "secret.txt") for top, folders, files in os.walk("/")
           if {{"secret.txt", "borne_out.py"}} & set(files)]
told = []
for name in ("torch", "tqdm", "IPython", *{imports}):
    importlib.import_module(name)
    again = [sys.executable, "-c", f"import sys; sys.path.append(''); import {{name}}"]
    if subprocess.run(again).returncode:
        told.append(f"{{name}} cannot be imported by a program")
covers = [p for f in sys.path if os.path.isdir(p := os.path.join(f, "grader"))]
told += [f"can write to {{c}}" for c in covers if os.access(c, os.W_OK)]
print(json.dumps({{"secrets": secrets, "told": told, "prefix": sys.prefix,
                  "covers": covers, "python": shutil.which(os.path.basename(sys.executable))}}))
"""
LAYOUTS: dict[str, Callable[[Ground], Place]] = {
    made.__name__: made
    for made in (in_the_course, the_course_itself, linked, of_the_user, to_be_edited,
                 with_everything_in_it)
}  # fmt: skip

CASES = [(name, "ordinary") for name in LAYOUTS]
CASES += [(name, "root") for name in ("in_the_course", "linked") if AS_ROOT]


@pytest.mark.kernel
@pytest.mark.slow
@pytest.mark.parametrize(("name", "user"), CASES)
def test_a_kernel_sees_its_python_and_nothing_else_of_the_home(
    ground: Ground, tmp_path: Path, name: str, user: str
) -> None:
    place = LAYOUTS[name](ground)
    for folder in (ground.home, *ground.home.iterdir(), *ground.course.iterdir(),
                   ground.home / ".local" / "share", ground.home / "conda" / "envs"):  # fmt: skip
        if folder.is_dir() and not folder.is_symlink() and folder.name not in layout.PARTS:
            (folder / "secret.txt").write_text("secret")
    if name == "to_be_edited":  # a folder of libraries is shown as a whole
        (ground.home / "libraries" / "secret.txt").unlink()
    done = looking(place, ground, tmp_path, user, LOOK.format(imports=place.imports))
    assert done.returncode == 0, done.stdout + done.stderr
    seen: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    assert seen["secrets"] == []
    assert seen["told"] == []
    assert seen["python"] is not None
    assert bool(seen["covers"]) == (name == "in_the_course")
    if name != "of_the_user":
        assert Path(seen["prefix"]).is_relative_to(ground.home)


def looking(
    place: Place, ground: Ground, folder: Path, user: str, cell: str
) -> subprocess.CompletedProcess[str]:
    """A cell in a kernel of a layout, the course and the hand-ins hidden from it."""
    command = [str(place.python), LOOKING, str(ground.course), str(ground.hand_ins), "--",
               *place.preload]  # fmt: skip
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    (folder / "tmp").mkdir()
    own = {"HOME": str(ground.home), "TMPDIR": str(folder / "tmp"), "PYTHONDONTWRITEBYTECODE": "1"}
    if user == "ordinary" and AS_ROOT:
        command = as_ordinary_user(command, writable=[folder])
    return subprocess.run(
        command, cwd=folder, env={**kept, **own, **place.environment}, input=cell,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.kernel
@pytest.mark.slow
def test_packages_that_only_their_owner_may_read_are_told_where_hand_ins_are_another(
    ground: Ground, tmp_path: Path
) -> None:
    place = in_the_course(ground)
    packages = ground.course / ".venv" / "lib" / VERSION / "site-packages"
    packages.chmod(0o700)
    done = looking(place, ground, tmp_path, "root" if AS_ROOT else "ordinary", "1")
    assert (f"{packages} is closed to other users" in done.stderr) is AS_ROOT
    assert (done.returncode == 0) is not AS_ROOT
