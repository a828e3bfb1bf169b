"""barograph: the Bitcoin market forecast as a distribution."""

__version__ = "0.1.0"
