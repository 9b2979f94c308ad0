"""What happens to a customer after an event: the journey model and the one state machine. No I/O."""
