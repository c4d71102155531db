"""Queries of all sorts for Hypothesis: honest ones, sly ones, and ones with a stray character in them."""

from __future__ import annotations

from hypothesis import strategies as st

OWN = ("cart", "stock", "db.main")
OTHERS = ("", "cartx", "xcart", "ca", "billing", "dbxmain", "CART", "cart|billing", "cart\n", "stock-eu")
LABEL = "service"

_NAMES = ("cart", "stock", "billing", "db.main", "")
_PATTERNS = ("cart", "cart|stock", r"db\\.main", "db.main", "cart.*", ".*", "cart|", "(cart|stock)", "c[a]rt",
             r"cart|\\w+", "billing|cart", "(?i)cart", r"cart\\|billing", "^cart$", r"\\Qcart\\E", ".+", "cart?",
             "cart||stock")  # fmt: skip
_STRAY = (*"#`\"'\\{}|()[]=~!,@\n\t\r:", "\\x41", '" or "', ' or service="billing"', "or up", "\u00a0", "\u2028",
          " offset 5m", '"}', ' or vector(1) or {job="x"}', "\\", "\\u0041", "[5m:1m]")  # fmt: skip


def _matcher() -> st.SearchStrategy[str]:
    by_name = st.builds(lambda op, name: f'{LABEL}{op}"{name}"', st.sampled_from(("=", "!=")), st.sampled_from(_NAMES))
    by_pattern = st.builds(lambda op, p: f'{LABEL}{op}"{p}"', st.sampled_from(("=~", "!~")), st.sampled_from(_PATTERNS))
    other = st.sampled_from(('code="500"', "code=~'5..'", '__name__=~".+"', 'env!=""', "services='cart'"))
    return st.one_of(by_name, by_name, by_pattern, other)


def selectors() -> st.SearchStrategy[str]:
    """Half of them name a service of ours, whatever stands beside."""

    def put(name: str, matchers: list[str], glue: str, more: str) -> str:
        return f"{name}{{{glue.join(matchers)}}}{more}"

    honest = st.sampled_from([f'{LABEL}="{name}"' for name in OWN] + [f'{LABEL}=~"cart|stock"'])
    beside = st.lists(_matcher(), max_size=2)
    own = st.builds(lambda one, others: [one, *others], honest, beside)
    name, more = st.sampled_from(("up", "x:y")), st.sampled_from(("", "", " offset 5m"))
    sly = st.builds(put, st.one_of(name, st.just("")), beside, st.sampled_from((",", " or ")), more)
    return st.one_of(st.builds(put, name, own, st.just(","), more), sly)


def queries() -> st.SearchStrategy[str]:
    """Expressions over selectors, sometimes with something stray put in."""
    plain = st.recursive(selectors(), _around, max_leaves=4)
    stray = st.builds(_put_in, plain, st.integers(0, 200), st.sampled_from(_STRAY))
    return st.one_of(plain, plain, stray)


def _around(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    forms = ("sum by (code) ({})", "topk(2, {})", "-{}", "({})", "absent({})", "rate({}[5m])", "scalar({})", "info({})",
             "max_over_time({}[1h:1m])", 'label_replace({}, "service", "cart", "", "")', "sum(rate({}[7h]))",
             'count_values("service", {})', "quantile(scalar({}), up)", "histogram_quantile(0.9, {})")  # fmt: skip
    joined = ("{} + {}", "{} or {}", "{} and on () {}", "{} * on (code) group_left () {}", "topk(scalar({}), {})")
    one = st.builds(str.format, st.sampled_from(forms), inner)
    return st.one_of(one, st.builds(str.format, st.sampled_from(joined), inner, inner))


def _put_in(query: str, place: int, what: str) -> str:
    return query[: place % (len(query) + 1)] + what + query[place % (len(query) + 1) :]
