"""The money of leaving: what it costs, promised and settled to the cent, and the ledger that explains it."""
