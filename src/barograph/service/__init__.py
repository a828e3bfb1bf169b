"""The API and the terminal, on one port."""
