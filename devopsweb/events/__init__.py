"""Facts, written with the change that they tell of, and their delivery to handlers."""
