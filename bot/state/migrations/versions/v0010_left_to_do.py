"""What is not told to its end, and what is not shown yet, is found without reading every incident there ever was."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    unbriefed = sa.text("briefed < opening")
    op.create_index(
        "unbriefed_incidents", "incidents", ["opened_at"], sqlite_where=unbriefed, postgresql_where=unbriefed
    )
    stale = sa.text("shown < revision AND briefed = opening AND (message_ts IS NOT NULL OR lead IS NOT NULL)")
    op.create_index("stale_incidents", "incidents", ["id"], sqlite_where=stale, postgresql_where=stale)
