"""Support's answers, written once like messages: variants by state, questions to the agent, the same claims. No I/O."""
