"""Splits, walk-forward, comparison, report."""
