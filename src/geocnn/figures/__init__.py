"""Every picture: functions that return a Matplotlib figure, and one that writes it."""

from geocnn.figures.style import save

__all__ = ["save"]
