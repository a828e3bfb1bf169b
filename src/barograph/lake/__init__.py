"""Bronze, silver, quarantine, gold: versioned tables, and the one point-in-time join."""
