"""Exports of a class as the platforms make them, built from names and bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
STARTER = (ROOT / "assignments/00-fundamentals/starter.ipynb").read_bytes()
OTHER = b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "1"}]}'

Files = Mapping[str, bytes]


def as_zip(files: Files, path: Path) -> Path:
    """A zip of files."""
    path.write_bytes(zipped(files))
    return path


def zipped(files: Files) -> bytes:
    """The bytes of a zip of files."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return data.getvalue()


def as_folder(files: Files, path: Path) -> Path:
    """A folder of files."""
    for name, content in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return path


def another(number: int) -> bytes:
    """A hand-in with bytes of its own."""
    return STARTER + b" " * (number + 1)


MOODLE: Files = {
    "Ann Lee_1234567_assignsubmission_file_/hw.ipynb": another(1),
    "Ann Lee_1234567_assignsubmission_file_/helper.py": b"x = 1\n",
    "Bo de Vries_1234568_assignsubmission_file_/00_exercises.ipynb": another(2),
    "Bo de Vries_1234568_assignsubmission_onlinetext_/onlinetext.html": b"see file",
    "Eve_1234569_assignsubmission_onlinetext_/onlinetext.html": b"done",
}
MOODLE_FLAT: Files = {
    "Ann Lee_1234567_assignsubmission_file_hw.ipynb": another(1),
    "Ann Lee_1234567_assignsubmission_file_helper.py": b"x = 1\n",
    "Bo de Vries_1234568_assignsubmission_file_00_exercises.ipynb": another(2),
    "Bo de Vries_1234568_assignsubmission_onlinetext_onlinetext.html": b"see file",
    "Eve_1234569_assignsubmission_onlinetext_onlinetext.html": b"done",
}
CANVAS: Files = {
    "leeann_11_9001_hw.ipynb": another(1),
    "leeann_11_9007_hw-1.ipynb": another(2),
    "leeann_11_9008_helper-1.py": b"x = 1\n",
    "devriesbo_LATE_12_9002_00_exercises.ipynb": another(3),
    "eve_13_text.html": b"done",
}
AT = "@"
"""Keeps what only looks like an address from being one."""
METADATA = f"""---
submission_501:
  :submitters:
  - :name: Ann Lee
    :sid: '1001'
    :email: ann{AT}uni.example
  :created_at: 2026-01-02 03:04:05.000000000 Z
  :score: 0.0
  :results: !ruby/hash:ActiveSupport::HashWithIndifferentAccess
    tests:
    - name: q1
      output: |
        submission_502:
          :submitters:
          - :name: Mallory
  :history:
  - :id: 77
    :submitters: []
submission_502:
  :submitters:
  - :name: Bo de Vries
    :sid: '1002'
    :email: bo{AT}uni.example
  - :name: "Zo\\u00eb \\u00d6z"
    :sid: '1003'
    :email: zoe{AT}uni.example
submission_503:
  :submitters:
  - :name: Eve
    :sid:
    :email: eve{AT}uni.example
"""
GRADESCOPE: Files = {
    "assignment_1_export/submission_metadata.yml": METADATA.encode(),
    "assignment_1_export/submission_501/hw.ipynb": another(1),
    "assignment_1_export/submission_501/data/x.csv": b"1,2\n",
    "assignment_1_export/submission_502/hw.ipynb": another(2),
}
NBGRADER: Files = {
    "submitted/ann/ps1/hw.ipynb": another(1),
    "submitted/ann/ps1/timestamp.txt": b"2026-01-02 03:04:05 UTC",
    "submitted/ann/ps2/hw.ipynb": OTHER,
    "submitted/bo/ps1/hw.ipynb": another(2),
    "submitted/bo/ps1/timestamp.txt": b"2026-01-02 03:04:05 UTC",
    "submitted/eve/ps2/hw.ipynb": OTHER,
    "source/ps1/hw.ipynb": STARTER,
    "autograded/ann/ps1/hw.ipynb": another(3),
}
