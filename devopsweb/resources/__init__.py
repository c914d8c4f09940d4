"""Typed registries by which a lower app offers things to a higher one."""
