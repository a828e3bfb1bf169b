"""What the terminal reads: an embedded read model, rebuilt from lake and ledger at any time."""
