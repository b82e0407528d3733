"""Shared fixtures; array shapes and types of geocnn are checked at run time while the tests run."""

from collections.abc import Iterator
from pathlib import Path

import jaxtyping
import pytest
from jaxtyping import install_import_hook

# Elsewhere an int may stand for a float, which the checker would refuse.
CHECKED = (
    "checkpoints datasets hardware interruption layers losses metrics models normalisation optimiser "
    "properties synthetic"
)
install_import_hook([f"geocnn.{name}" for name in CHECKED.split()], "beartype.beartype")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder with real data, beside the checkout."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip("real data (../shared/data) are not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def oracles() -> Path:
    """Folder with reference numbers, beside the checkout."""
    folder = SHARED / "oracles"
    if not folder.is_dir():
        pytest.skip("reference numbers (../shared/oracles) are not beside this checkout")
    return folder


@pytest.fixture
def symbolic_sizes() -> Iterator[None]:
    """Without the check of shapes: while a network is exported its sizes are symbols, which the checker refuses."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
