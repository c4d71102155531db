"""How incidents are closed, and what is written about them."""

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    pass
