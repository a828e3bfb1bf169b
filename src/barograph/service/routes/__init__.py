"""One file a route; each ends in ``ROUTER``."""
