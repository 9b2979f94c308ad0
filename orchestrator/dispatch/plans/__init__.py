"""Plans against the ledger: for whom a release would change something, bringing it into force, and what was before."""
