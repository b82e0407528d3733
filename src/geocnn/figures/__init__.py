"""Every picture: functions that return a Matplotlib figure, and one that writes it."""

from geocnn.figures.style import check_picture, save

__all__ = ["check_picture", "save"]
