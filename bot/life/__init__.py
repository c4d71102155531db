"""The life of an incident beside its alerts: what people do and say in it, and what follows from that."""
