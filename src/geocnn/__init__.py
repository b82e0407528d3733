"""geocnn: convolutional networks for gridded earth data (traces, sections and volumes).

The public names, re-exported. They load on first use, so that ``import geocnn`` is instant.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"
__all__ = ["create", "evaluate", "fit", "load", "open", "predict", "predict_files", "view"]

_HOME = {
    "create": "geocnn.io",
    "evaluate": "geocnn.recipes",
    "fit": "geocnn.recipes",
    "load": "geocnn.checkpoints",
    "open": "geocnn.opening",
    "predict": "geocnn.recipes",
    "predict_files": "geocnn.prediction.many",
    "view": "geocnn.viewer",
}

if TYPE_CHECKING:
    from geocnn.checkpoints import load
    from geocnn.io import create
    from geocnn.opening import open  # noqa: A004  (the field's verb, always used as geocnn.open)
    from geocnn.prediction.many import predict_files
    from geocnn.recipes import evaluate, fit, predict
    from geocnn.viewer import view


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'geocnn' has no attribute {name!r}; it has {', '.join(__all__)}.")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    """Public names, for completion."""
    return [*__all__, "__version__"]
