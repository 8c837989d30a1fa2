"""The sign of each verdict on an exercise, the same on every screen."""

from __future__ import annotations

SIGNS = {"correct": "✓", "partly": "◐", "wrong": "✗", "missing": "-", "blocked": "▪",
         "unknown": "?"}  # fmt: skip
