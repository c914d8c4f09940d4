"""Reads of pipelines, each with a tested budget of queries."""
