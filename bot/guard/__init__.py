"""What may leave and what may run: redaction today; budgets, autonomy and the kill switch beside it."""
