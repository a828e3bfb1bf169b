"""Published forecasts and their outcomes: append-only, hash-chained."""
