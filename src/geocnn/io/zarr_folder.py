"""What lies in a folder: a Zarr store, and whether it is one array and nothing else."""

import json
import re
from pathlib import Path

__all__ = ["is_one_array", "is_zarr"]

_OF_AN_ARRAY = re.compile(r"zarr\.json|\.zarray|\.zattrs|c|[0-9]+(\.[0-9]+)*")
"""Metadata and chunks of versions 3 and 2."""


def is_zarr(path: Path) -> bool:
    """Whether a folder is a Zarr store (version 3, or 2)."""
    return any((path / name).is_file() for name in ("zarr.json", ".zarray", ".zgroup"))


def is_one_array(path: Path) -> bool:
    """Whether a folder is a Zarr store of a single array with no other files in it."""
    if any(not _OF_AN_ARRAY.fullmatch(entry.name) for entry in path.iterdir()):
        return False
    if (path / ".zarray").is_file():
        return True
    try:
        head = json.loads((path / "zarr.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(head, dict) and head.get("node_type") == "array"
