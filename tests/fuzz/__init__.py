"""Fuzzing: bytes from nowhere at everything that reads what strangers send. ``make fuzz`` runs it for long."""
