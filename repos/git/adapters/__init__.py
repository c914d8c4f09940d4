"""Doors to git and its folders."""
