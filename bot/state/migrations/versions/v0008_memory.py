"""What is remembered of incidents, and what waits for a person to look at it."""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    pass
