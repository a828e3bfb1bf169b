"""What a supplier hands us, and what a layout is: defined in core, for the lake reads them too."""

from barograph.core.payload import Layout, Parse, Payload, SeriesKey

__all__ = ["Layout", "Parse", "Payload", "SeriesKey"]
