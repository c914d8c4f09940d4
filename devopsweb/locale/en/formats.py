"""Dates and times as on the product's own pages: the day before the month, 24 hours, UTC by name."""

DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j M Y, H:i e"
