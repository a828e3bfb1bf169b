"""One file per idea, ending in ``FEATURES``."""
