"""Loads this folder as a package under a neutral name, and starts what is asked for.

So the student's process knows nothing of the grader's own package, and no traceback names a
folder of the host. Run as a script by a kernel provisioner:

    python -P start.py CONNECTION_FILE SEED FILES   one kernel, without a fence
    python -P start.py replaying DESCRIPTOR         what computes claims again, see `replaying`
    python -P start.py reloading DESCRIPTOR FILES   what loads a saved file, see `reloading`
    (executed, with settings as a JSON line)        the warm parent, see `warm`
"""

from __future__ import annotations

import builtins
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

NAME = "_observer"
HERE = Path(__file__).resolve().parent


class Nameless(importlib.machinery.SourceFileLoader):
    """Compiles a file under its module's name instead of its path.

    Each module has built-in names of its own, so that nobody who binds them anew for a notebook
    does it for the modules here.
    """

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's code."""
        vars(module)["__builtins__"] = dict(vars(builtins))
        super().exec_module(module)

    def get_code(self, fullname: str) -> CodeType:
        """The module's code, always from its source."""
        name = f"<{fullname}>"
        return compile(self.get_data(self.path), name, "exec", dont_inherit=True)


class Finder(importlib.abc.MetaPathFinder):
    """Finds the package and what lies in it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """A spec without locations for a module of ours; None for any other."""
        if fullname.partition(".")[0] != NAME:
            return None
        file = HERE.joinpath(*fullname.split(".")[1:])
        package = file.is_dir()
        loader = Nameless(fullname, str(file / "__init__.py" if package else f"{file}.py"))
        return importlib.machinery.ModuleSpec(fullname, loader, is_package=package)


def load(module: str) -> Any:
    """One of this folder's modules, under the neutral name."""
    finder = Finder()
    sys.meta_path.insert(0, finder)
    return importlib.import_module(f"{NAME}.{module}")


if __name__ == "__main__" and sys.argv[1] == "replaying":
    load("replaying").run(int(sys.argv[2]))
elif __name__ == "__main__" and sys.argv[1] == "reloading":
    load("reloading").run(int(sys.argv[2]), int(sys.argv[3]))
elif __name__ == "__main__":
    load("launch").run(sys.argv[1], seed=int(sys.argv[2]), files=int(sys.argv[3]))
elif __name__ == "__warm__":
    load("warm").main(sys.stdin.readline())
