"""A database with the bot's transactions and none of its limits: for processes that a busy machine keeps waiting."""

import sqlalchemy as sa

from bot.state.database import READERS, WRITERS, Database, prepare_sqlite, sync_url

WELL_S = 100


def open_patiently(url: str) -> Database:
    """Who waits for another process here waits until it is its turn. A lock that never comes, the test's limit ends."""
    if sync_url(url).get_backend_name() != "sqlite":
        address = sync_url(url).update_query_dict({"connect_timeout": str(WELL_S)})
        return Database(sa.create_engine(address, pool_size=READERS + WRITERS), WRITERS)
    engine = sa.create_engine(sync_url(url), pool_size=READERS + 1, connect_args={"timeout": WELL_S})
    prepare_sqlite(engine)
    return Database(engine, 1)
