"""Errors that users see: each says what we got, what is needed, and what to type.

Every class is also the builtin that a Python user would expect to catch.
The command line prints the message alone and exits with code 2.
"""

__all__ = ["DataError", "FormatError", "GeocnnError", "GeometryError", "MissingError", "TargetError"]


class GeocnnError(Exception):
    """Base of all errors that a user of geocnn can cause and cure."""


class DataError(GeocnnError, ValueError):
    """The samples or the arguments do not fit what is asked (shape, channels, NaN)."""


class FormatError(GeocnnError, ValueError):
    """A file is not what its name says, is damaged, or has a form that we do not read."""


class GeometryError(FormatError):
    """A file is readable but its traces do not form a line or a cube."""


class MissingError(GeocnnError, FileNotFoundError):
    """A file, a network or a recipe of that name does not exist."""

    def __str__(self) -> str:
        """The message itself; FileNotFoundError would format it as an errno triple."""
        return str(self.args[0]) if self.args else ""


class TargetError(GeocnnError, OSError):
    """A result cannot be written there (exists, read-only, disk full)."""

    def __str__(self) -> str:
        """The message itself; OSError would format it as an errno triple."""
        return str(self.args[0]) if self.args else ""
