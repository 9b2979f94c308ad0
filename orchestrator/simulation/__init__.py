"""Virtual time: journeys lived through by the code that runs them, with a ledger in memory and nobody at the end."""
