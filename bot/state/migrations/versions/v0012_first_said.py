"""When an incident stood in Slack first, wherever it moved since; and when a sender said that an alert was reopened."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("incidents", sa.Column("first_said_at", sa.String(32)))
    op.add_column("alerts", sa.Column("reopened_at", sa.String(32)))
