"""The record: what was forecast, what came of it, what was tried; append-only, hash-chained."""
