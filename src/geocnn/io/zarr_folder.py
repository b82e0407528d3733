"""What lies in a Zarr store: what geocnn has stated there, and whether it is one result and nothing else."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["DATA", "MAP", "STATEMENT", "is_coordinate_name", "is_one_result", "is_zarr", "statement"]

DATA = "data"
"""Array of the samples in a group that geocnn writes."""
MAP = ("cdp_x", "cdp_y")
"""Arrays of the map coordinates of traces, in groups of geocnn, of xarray and of segysak."""
STATEMENT = "geocnn"
"""Attribute of the samples with the axes and facts on map coordinates, as JSON text, which netCDF can hold as well."""
_OF_AN_ARRAY = re.compile(r"zarr\.json|\.zarray|\.zattrs|c|[0-9]+(\.[0-9]+)*")
"""Metadata and chunks of versions 3 and 2."""
_NAME = re.compile(r"\w[\w -]*(?<! )")


def is_zarr(path: Path) -> bool:
    """Whether a folder is a Zarr store (version 3, or 2)."""
    return any((path / name).is_file() for name in ("zarr.json", ".zarray", ".zgroup"))


def is_coordinate_name(name: str) -> bool:
    """Whether the coordinates of an axis can be an array of that name beside the others."""
    return bool(_NAME.fullmatch(name)) and name.lower() not in (DATA, *MAP)


def statement(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """What geocnn has stated on an array, empty for arrays of others.

    Older results have it in attributes of their own.

    Returns:
        ``axes``, a list of ``{"name", "start", "step", "unit"}``, one per dimension, and ``size`` in new results;
        ``coordinates`` where they are known, without what the arrays of the traces tell; ``arrays``, its name there;
        ``ends``, what these hold of the first and the last trace.
    """
    try:
        found = json.loads(attributes[STATEMENT])
    except (KeyError, TypeError, ValueError):
        found = {key: attributes[key] for key in ("axes", "coordinates") if key in attributes}
    known = isinstance(found, dict) and isinstance(found.get("axes"), list)
    return found if known and all(isinstance(axis, dict) for axis in found["axes"]) else {}


def is_one_result(path: Path) -> bool:
    """Whether a folder is a Zarr store of a single array, or a group as geocnn writes it, with no other files in it."""
    if _is_one_array(path):
        return True
    if _head(path).get("node_type") != "group":
        return False
    attributes = _head(path / DATA).get("attributes")
    stated = statement(attributes) if isinstance(attributes, dict) and STATEMENT in attributes else {}
    names = {DATA, *MAP, *(str(axis.get("name")) for axis in stated.get("axes", []))}
    inside = [entry for entry in path.iterdir() if entry.name != "zarr.json"]
    return bool(stated) and all(entry.name in names and entry.is_dir() and _is_one_array(entry) for entry in inside)


def _is_one_array(path: Path) -> bool:
    if any(not _OF_AN_ARRAY.fullmatch(entry.name) for entry in path.iterdir()):
        return False
    return (path / ".zarray").is_file() or _head(path).get("node_type") == "array"


def _head(path: Path) -> dict[str, Any]:
    """Metadata of a node of version 3, empty where there is none."""
    try:
        head = json.loads((path / "zarr.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return head if isinstance(head, dict) else {}
