"""Strategies: one file each, ending in ``STRATEGIES``."""
