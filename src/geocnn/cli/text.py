"""Words to the user."""

__all__ = ["say"]


def say(text: str) -> None:
    """One line to standard output."""
    print(text)  # noqa: T201
