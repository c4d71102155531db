"""Which SQL only looks: one SELECT, SHOW or EXPLAIN, calling nothing but functions that are known to be harmless."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise


def _words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<comment>--|/\*)
      | (?P<string>'(?:[^']|'')*')
      | (?P<quoted>"(?:[^"]|"")+")
      | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<sign>::|[-+*/<>=~!%^|&(),.;\[\]:])""",
    re.VERBOSE,
)
_HARMLESS = _words_of(
    "abs age avg bool_and bool_or btrim cardinality ceil ceiling char_length coalesce concat concat_ws count "
    "current_database current_schema date_part date_trunc dense_rank every extract first_value floor format "
    "format_type greatest initcap isfinite jsonb_array_length json_array_length lag last_value lead least left length "
    "lower lpad ltrim make_interval max min mod ntile now nullif octet_length percent_rank percentile_cont "
    "percentile_disc pg_backend_pid pg_blocking_pids pg_column_size pg_database_size pg_get_indexdef "
    "pg_indexes_size pg_is_in_recovery pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_last_xact_replay_timestamp "
    "pg_current_wal_lsn pg_postmaster_start_time pg_relation_size pg_size_pretty pg_table_size pg_tablespace_size "
    "pg_total_relation_size pg_wal_lsn_diff position power quote_ident quote_literal rank regexp_replace replace "
    "reverse right round row_number rpad rtrim sign split_part sqrt starts_with statement_timestamp stddev string_agg "
    "array_agg json_agg jsonb_agg json_build_object jsonb_build_object row_to_json to_json to_jsonb strpos substr "
    "substring sum to_char to_date to_number to_timestamp translate trim trunc txid_current_if_assigned unnest upper "
    "variance version width_bucket clock_timestamp transaction_timestamp inet_server_addr inet_server_port "
    "pg_stat_get_activity pg_lock_status array_length array_to_string generate_series"
)
_BEFORE_PAREN = _words_of(
    "select from where and or not in any all some exists on using as over filter when then else case by having "
    "distinct union intersect except join values lateral within group between like ilike is limit offset interval "
    "numeric decimal varchar char character timestamp time bit precision array cast with explain row order"
)
"""Words that a parenthesis may follow without being a call."""
_NEVER = _words_of(
    "into for insert update delete merge truncate drop alter create grant revoke copy call do execute prepare lock "
    "vacuum analyze analyse cluster reindex refresh listen notify unlisten set reset discard begin commit rollback "
    "pg_authid pg_shadow pg_user_mapping pg_user_mappings pg_largeobject pg_subscription pg_settings pg_file_settings "
    "pg_hba_file_rules pg_foreign_server"
)
"""Words that change something, lock rows, or stand for tables that hold secrets."""
_SECRET_SETTING = re.compile(r"all|.*(conninfo|passphrase|password|secret|command|key).*", re.IGNORECASE)
LONGEST = 8_000


def only_looks(sql: str) -> bool:
    """Whether it is one statement that reads, by its words alone. What cannot be read for certain does not."""
    words = _words(sql)
    if not words or words[0][0] != "word":
        return False
    first = words[0][1].lower()
    if first == "explain":
        words = _after_explain(words)
        first = words[0][1].lower() if words else ""
    elif first == "show":
        return len(words) == 2 and words[1][0] == "word" and not _SECRET_SETTING.fullmatch(words[1][1])
    return first == "select" and _harmless(words)


def _words(sql: str) -> list[tuple[str, str]]:
    """Tokens without spaces and without a last `;`; empty where something cannot be read for certain."""
    if len(sql) > LONGEST or not sql.isascii() or "\\" in sql or "\x00" in sql:
        return []
    found = list(_tokens(sql))
    if found and found[-1][1] == ";":
        found.pop()
    unsure = any(kind in ("comment", "unknown") or text == ";" for kind, text in found)
    return [] if unsure or _glued(found) else [token for token in found if token[0] != "space"]


def _tokens(sql: str) -> Iterator[tuple[str, str]]:
    place, sql = 0, sql.strip()
    while place < len(sql):
        match = _TOKEN.match(sql, place)
        yield ("unknown", "") if match is None else (str(match.lastgroup), match[0])
        if match is None:
            return
        place = match.end()


def _glued(found: list[tuple[str, str]]) -> bool:
    """A prefix on a string (`E'…'`, `U&'…'`), or two strings that PostgreSQL would read as one."""
    pairs = pairwise(found)
    return any(
        after[0] in ("string", "quoted") and (before[0] in ("word", "string", "quoted", "number") or before[1] == "&")
        for before, after in pairs
    )


def _after_explain(words: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """What is explained; `(costs off, format json)` is passed over, ANALYZE is found by its word later on."""
    rest = words[1:]
    if rest and rest[0][1] == "(":
        ends = [place for place, token in enumerate(rest) if token[1] == ")"]
        options, rest = rest[1 : ends[0]] if ends else [], rest[ends[0] + 1 :] if ends else []
        if any(text.lower() not in _EXPLAIN for _, text in options):
            return []
    while rest and rest[0][1].lower() == "verbose":
        rest = rest[1:]
    return rest


_EXPLAIN = _words_of("costs verbose settings summary format json text yaml xml on off true false ,")


def _harmless(words: list[tuple[str, str]]) -> bool:
    names = [_name(*token) for token in words]
    if any(name in _NEVER for name in names):
        return False
    called = [place for place, after in enumerate(names[1:]) if after == "(" and words[place][0] in ("word", "quoted")]
    return all(words[place][0] == "word" and _callable(names, place) for place in called)


def _callable(names: list[str], place: int) -> bool:
    name = names[place]
    if place > 1 and names[place - 1] == ".":
        return names[place - 2] == "pg_catalog" and name in _HARMLESS
    return name in _HARMLESS or name in _BEFORE_PAREN


def _name(kind: str, text: str) -> str:
    """Words and quoted names in lower case; strings say nothing."""
    if kind == "string":
        return "''"
    return text.strip('"').lower() if kind == "quoted" else text.lower()
