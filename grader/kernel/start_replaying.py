"""Run as a script by the host: `python -P start_replaying.py FD` serves that socket.

Loads this folder as a package under a name of its own, as `start.py` does.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

NAME = "_replaying"


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
    importlib.import_module(f"{NAME}.replaying").run(int(sys.argv[1]))


if __name__ == "__main__":
    main()
