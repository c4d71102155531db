"""When an alert fired the last time, beside when it came: a week counts what came in it."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("alerts", sa.Column("fired_at", sa.String(32)))
