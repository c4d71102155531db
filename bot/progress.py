"""What a run's events say of each of its steps (pure)."""
