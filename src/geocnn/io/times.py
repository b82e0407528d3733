"""Times as files write them: a date with or without a time of day, or seconds since 1970."""

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from geocnn.errors import FormatError

__all__ = ["is_held", "nanoseconds", "time_of"]

_FORM = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d|\d{8})"
    r"(?:[T ](?P<clock>\d\d(?::?\d\d(?P<seconds>:?\d\d)?)?)(?(seconds)(?:[.,](?P<fraction>\d+))?))?"
    r"(?P<zone>Z|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
_DATES = (4, 6, 8)
"""Digits of a year, month and day; so few whole seconds since 1970 are no time of an earthquake that was recorded."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000_000


def nanoseconds(text: str, *, seconds: bool = False) -> int | None:
    """Nanoseconds since 1970, of any century; None of what is no time.

    Args:
        text: such as 2026-01-31, 20260131 or 2026-01-31T23:59:59.123456789+01:00, in UTC where it names no zone.
        seconds: seconds since 1970 are a time, too. Whole numbers of four, six or eight digits are not: as 20260131
            they are dates or parts of one.
    """
    text = text.strip()
    if (found := _FORM.fullmatch(text)) is not None:
        fraction = (found["fraction"] or "").ljust(9, "0")[:9]
        try:
            time = datetime.fromisoformat(f"{found['date']}T{found['clock'] or '00'}{found['zone'] or 'Z'}") - _EPOCH
        except ValueError:
            return None  # the 31st of February
        return (time.days * 86_400 + time.seconds) * _SECOND + int(fraction)
    if not seconds or (text.isdecimal() and len(text) in _DATES):
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return round(number * _SECOND) if number.is_finite() and number.adjusted() < 18 else None


def is_held(time: int) -> bool:
    """Whether 64 bits hold a time, as they do from 1677 to 2262."""
    return -(2**63) <= time < 2**63


def time_of(where: str, text: str, *, seconds: bool = False) -> int:
    """Nanoseconds since 1970, as :func:`nanoseconds`.

    Args:
        where: file and line, for the message.
        text: a date.
        seconds: or seconds since 1970.

    Raises:
        FormatError: it is no time, or one that 64 bits do not hold.
    """
    time = nanoseconds(text, seconds=seconds)
    if time is None or not is_held(time):
        also = ", or seconds since 1970" if seconds else ""
        raise FormatError(
            f"{where}: the time is {text.strip()!r}; needed is one such as 2026-01-31T23:59:59.123Z{also}."
        )
    return time
