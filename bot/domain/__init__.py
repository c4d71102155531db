"""The nouns of an incident: frozen, typed, with no I/O."""
