"""The BTC+ETH pair pipeline: download, prepare, search, learn, doubt, report (the stages of S4)."""
