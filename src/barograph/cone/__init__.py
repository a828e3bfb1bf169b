"""Paths and bands that agree with the published quantiles."""
