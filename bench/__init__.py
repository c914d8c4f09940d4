"""Measurements of what the product promises; ``make bench`` prints them."""
