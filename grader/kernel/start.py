"""Run as a script by a kernel provisioner: `python -P start.py CONNECTION_FILE SEED`.

Loads this folder as a package under a neutral name, so that the student's process knows nothing
of the grader's own package and cannot import its rubrics by chance.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

NAME = "_observer"


def main() -> None:
    """Make the package importable, then hand over to it."""
    here = Path(__file__).resolve().parent
    spec = importlib.util.spec_from_file_location(
        NAME, here / "__init__.py", submodule_search_locations=[str(here)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{here} is not a package")
    package = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = package
    spec.loader.exec_module(package)
    launch = importlib.import_module(f"{NAME}.launch")
    launch.run(connection_file=sys.argv[1], seed=int(sys.argv[2]))


if __name__ == "__main__":
    main()
