"""What people did and said in an incident: its timeline and what follows from it."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    pass
