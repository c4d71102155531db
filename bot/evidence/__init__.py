"""Pure functions from findings to possible causes: onset, changes, log patterns, call graph, ranking."""
