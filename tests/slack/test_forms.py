"""Whatever a form holds, Slack takes it or it is not opened; what comes back is what was asked."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.said import Field, Form
from bot.slack.forms import modal, opened_with, texts, wrong
from playground.slack.block_kit import checked_view
from playground.slack.views import faults

ANY = st.text(max_size=60) | st.sampled_from(
    ["", " ", "`", "```", "<!channel>", "\ud800", "\x00", "👩‍💻" * 900, "x" * 5000, "a\nb"]
)
FIELD = st.builds(Field, name=ANY, label=ANY, hint=ANY, value=ANY, required=st.booleans(), long=st.booleans())
FORM = st.builds(
    Form,
    does=ANY,
    value=ANY,
    title=ANY,
    button=ANY,
    fields=st.lists(FIELD, max_size=5).map(tuple),
    lines=st.lists(ANY, max_size=4).map(tuple),
)
PLAIN = Form("run", "id a=b", "Run it", "Go", (Field("namespace", "Namespace"), Field("why", "Why", required=False)))


@given(FORM)
@settings(max_examples=100, deadline=None)
def test_slack_takes_every_form_that_is_opened_and_gives_back_what_was_put_in(form: Form) -> None:
    view = modal(form, "C0INC", str)
    if view is None:
        return
    shown = checked_view(view)
    assert opened_with(shown["private_metadata"]) == ("C0INC", form.value)
    assert shown["callback_id"] == form.does
    inputs = [block for block in shown["blocks"] if block["type"] == "input"]
    filled = {block["block_id"]: {"text": {"type": "plain_text_input", "value": "v"}} for block in inputs}
    assert texts(shown | {"state": {"values": filled}}) == {field.name: "v" for field in form.fields}
    for field, block in zip(form.fields, inputs, strict=True):
        assert block["element"].get("initial_value", field.value) == field.value
        assert block["optional"] is not field.required
        assert block["element"]["multiline"] is (field.long or "\n" in field.value)


@given(st.dictionaries(st.sampled_from(["namespace", "why", "elsewhere"]), ANY, min_size=1))
@settings(max_examples=30, deadline=None)
def test_slack_takes_whatever_is_wrong(said: dict[str, str]) -> None:
    view = modal(PLAIN, "C0INC", str)
    assert view
    shown = checked_view(view)
    found = wrong(shown, said, str)
    assert faults(shown, found) == found
    assert ("0:namespace" in found) is ("namespace" in said or "elsewhere" in said)


def test_what_would_not_come_back_is_not_opened() -> None:
    assert modal(Form("run", "v" * 2_900, "t", "b", PLAIN.fields), "C0INC", str)
    for form in (
        Form("run", "v" * 3_000, "t", "b", PLAIN.fields),
        Form("", "v", "t", "b", PLAIN.fields),
        Form("run", "v", "t", "b", (Field("same", "a"), Field("same", "b"))),
        Form("run", "v", "t", "b", (Field("", "a"),)),
        Form("run", "v", "t", "b", tuple(Field(f"f{n}", "a") for n in range(101))),
        Form("run", "v", "t", "b", ()),
    ):
        assert modal(form, "C0INC", str) is None


def test_texts_are_masked_and_a_value_that_would_be_is_not_filled_in() -> None:
    fields = (Field("a", "hunter2", "hunter2", "hunter2"), Field("b", "b", value="fine"))
    view = modal(Form("run", "v", "hunter2", "hunter2", fields, ("hunter2",)), "C", lambda t: t.replace("hunter2", "•"))
    assert view
    assert "hunter2" not in str(view)
    assert [block["element"].get("initial_value") for block in view["blocks"][1:]] == [None, "fine"]
