"""Plans: what a release would change, and for whom. Values only: `dispatch.plans` asks the ledger, and changes it."""
