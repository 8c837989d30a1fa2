"""The only reasons for which a test may be skipped: things a machine may lack.

Which of them hold where changes are tested is said in .ci/allowed-skips.txt.
"""

from __future__ import annotations

BROWSER = "needs a browser"
DATABASE = "needs a database"
GPU = "needs a GPU"
CONTAINER_ENGINE = "needs a container engine"

REASONS = (BROWSER, DATABASE, GPU, CONTAINER_ENGINE)
