"""``python -m geocnn``, for torchrun and for environments without the command on the path."""

import atexit
import gc
import sys

__all__ = ["main"]


def main() -> int:
    """Run the command line; Ctrl-C is answered even while it still loads."""
    # Saves half a second at the end: the garbage collector need not go through everything that PyTorch has made.
    atexit.register(gc.freeze)
    try:
        from geocnn.cli import main as run

        return run()
    except KeyboardInterrupt:
        print("geocnn: stopped; no unfinished file was left behind.", file=sys.stderr)  # noqa: T201
        return 130


if __name__ == "__main__":
    sys.exit(main())
