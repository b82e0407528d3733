"""Text files that appear complete or not at all."""

import os
from pathlib import Path

from geocnn.errors import TargetError
from geocnn.io.partial import check_target
from geocnn.io.system import reason

__all__ = ["write_text"]


def write_text(path: Path, content: str, *, overwrite: bool = False) -> None:
    """Write a text file beside its target and rename it.

    Raises:
        TargetError: the file exists, is a folder, or cannot be written.
    """
    data = content.encode()
    check_target(path, len(data), overwrite=overwrite)
    target = path.resolve()
    partial = target.with_name(f".{target.name}.partial-{os.getpid()}")
    try:
        partial.write_bytes(data)
        partial.replace(target)
    except OSError as error:
        raise TargetError(
            f"cannot write {path.name} in {target.parent}: {reason(error)}; choose another folder."
        ) from error
    finally:
        partial.unlink(missing_ok=True)
