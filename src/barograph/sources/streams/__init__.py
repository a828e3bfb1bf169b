"""Market data as it happens: WebSocket streams, read message by message."""
