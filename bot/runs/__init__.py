"""The third story's parts: a runbook worked through, each gate decided by a person."""
