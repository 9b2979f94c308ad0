"""What an adapter is, without finding one: values and one protocol. Adapters import it as `orchestrator.channels`."""
