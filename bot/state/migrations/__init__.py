"""The database's shape, step by step. Each step must leave the version before it able to run."""
