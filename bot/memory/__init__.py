"""What is remembered of incidents: learnt, looked at by people, found again, forgotten."""
