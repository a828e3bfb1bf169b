"""One file per supplier and per layout: fetch (I/O by argument), parse (pure)."""
