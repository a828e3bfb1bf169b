"""One file per supplier: fetch (I/O by argument), parse (pure), publication delay, licence."""
