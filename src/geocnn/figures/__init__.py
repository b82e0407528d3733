"""All figures: functions that return a Matplotlib figure, and one that writes it to a file."""

from geocnn.figures.style import check_picture, save

__all__ = ["check_picture", "save"]
