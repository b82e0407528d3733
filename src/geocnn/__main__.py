"""``python -m geocnn``, for torchrun and for environments without the command on the path."""

import sys

__all__ = ["main"]


def main() -> int:
    """Run the command line; Ctrl-C is answered even while it still loads."""
    try:
        from geocnn.cli import main as run

        return run()
    except KeyboardInterrupt:
        print("geocnn: stopped; no unfinished file was left behind.", file=sys.stderr)  # noqa: T201
        return 130


if __name__ == "__main__":
    sys.exit(main())
