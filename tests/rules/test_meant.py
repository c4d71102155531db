"""What the bot takes as said to it: by mention, by thread, by the mode, and never in people's own talk."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.said import Heard
from bot.questions.meant import (
    AT_ONCE,
    MOST,
    PACE,
    Elsewhere,
    NotForUs,
    PersonWanted,
    Question,
    StopAsked,
    is_question,
    may_ask,
    meant,
    minds_talk,
)

LEE, DANA, BOT_THREAD, OTHER = "U0LEE", "U0DANA", "10.0", "20.0"
NOBODY = frozenset()
NOW = datetime(2026, 11, 3, 3, 42, tzinfo=UTC)


def said(text, *, mention=False, thread=None, mode="questions", incident=True, others=NOBODY):
    heard = Heard("C1", "30.0", thread, text, LEE, mention)
    return meant(heard, mode, incident=incident, own_thread=thread == BOT_THREAD, others=others)


MODES = ("mentions", "questions", "all")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("others", [NOBODY, frozenset({DANA})])
@pytest.mark.parametrize("how", [{"mention": True}, {"mention": True, "thread": OTHER}, {"thread": BOT_THREAD}])
def test_a_mention_and_the_bots_own_thread_are_always_for_it(mode, others, how):
    assert said(" tell me more ", mode=mode, others=others, **how) == Question("tell me more")


@pytest.mark.parametrize(
    ("mode", "text", "others", "expected"),
    [
        ("mentions", "why is it slow?", NOBODY, NotForUs()),
        ("questions", "why is it slow?", NOBODY, Question("why is it slow?")),
        ("questions", "why is it slow?", frozenset({LEE}), Question("why is it slow?")),
        ("questions", "why is it slow?", frozenset({LEE, DANA}), NotForUs()),
        ("questions", "it is slow", NOBODY, NotForUs()),
        ("questions", "<@U0DANA> did you deploy?", NOBODY, NotForUs()),
        ("questions", "hey <@U0DANA>, did you deploy?", NOBODY, NotForUs()),
        ("questions", "<!subteam^S0PAY> anyone?", NOBODY, NotForUs()),
        ("questions", "did you deploy? <@U0DANA>", NOBODY, NotForUs()),
        ("questions", "did you deploy <@U0DANA>?", NOBODY, NotForUs()),
        ("questions", "did <@U0DANA> deploy the gateway?", NOBODY, Question("did <@U0DANA> deploy the gateway?")),
        ("all", "it is slow", NOBODY, Question("it is slow")),
        ("all", "it is slow", frozenset({DANA}), Question("it is slow")),
    ],
)
def test_in_the_channel_itself_the_mode_decides_until_people_talk(mode, text, others, expected):
    assert said(text, mode=mode, others=others) == expected


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("text", ["why?", "it is slow", "get me a human", "stop", "", "<@U0DANA> why?"])
@pytest.mark.parametrize("where", [{}, {"mention": True}, {"thread": OTHER}, {"thread": BOT_THREAD}])
def test_others_are_asked_for_wherever_they_would_change_what_is_meant(mode, text, where):
    alone, among_people = (said(text, mode=mode, others=others, **where) for others in (NOBODY, frozenset({DANA})))
    heard = Heard("C1", "30.0", where.get("thread"), text, LEE, where.get("mention", False))
    assert minds_talk(heard, mode) or alone == among_people


@pytest.mark.parametrize("mode", MODES)
def test_for_what_is_no_question_nobody_asks_slack(mode):
    assert not minds_talk(Heard("C1", "30.0", None, "it is slow", LEE, False), mode)


def test_a_thread_of_other_people_is_theirs():
    assert said("why is it slow?", thread=OTHER) == NotForUs()


@pytest.mark.parametrize("mode", MODES)
def test_elsewhere_only_a_mention_counts(mode):
    assert said("hello", mention=True, incident=False, mode=mode) == Elsewhere("hello")
    assert said("why?", incident=False, mode=mode) == NotForUs()
    assert said("why?", thread=BOT_THREAD, incident=False, mode=mode) == NotForUs()


def test_a_bare_mention_is_an_empty_question():
    assert said("", mention=True) == Question("")


# ── question marks ──

QUESTIONS = [
    *(
        "why?",
        "really??",
        "what?!",
        "why ?",
        "warum?  ",
        "did it deploy? :thinking_face:",
        "did it deploy? 🤔",
        "ok? 👍🏽",
    ),
    *(
        "“is it the gateway?”",
        "(is it the gateway?)",
        "*is it the gateway?*",
        "_why?_",
        "why?...",
        "why?…",
        "«Pourquoi ?»",
    ),
    *("なぜですか？", "لماذا؟", "为什么？", "¿por qué?", "Γιατί\u037e", "Ինչու՞", "ለምን፧", "what⁉", "what‽", "why⁇"),
    *(
        "is it this? <https://x.test/a>",
        "is it <https://x.test/a>?",
        "see <#C1>?",
        "what now? :flag-de: :man-shrugging::skin-tone-3:",
    ),
    *("first line\nand the second?", '"why?"\n', "「なぜ？」", "1?"),
]
NO_QUESTIONS = [
    *(
        "",
        "?",
        "???",
        "! ?",
        "it is slow",
        "why? it is slow",
        "see https://x.test/a?b=c",
        "see <https://x.test/a?>",
        "`why?`",
    ),
    *(
        "```select ?```",
        "a ? b : c",
        "to be; or not;",
        "ok :question:",
        "why?\nnever mind, found it",
        ":thinking_face:",
    ),
]


@pytest.mark.parametrize("text", QUESTIONS)
def test_a_question_ends_with_a_mark_of_any_script(text):
    assert is_question(text)


@pytest.mark.parametrize("text", NO_QUESTIONS)
def test_what_does_not_end_with_one_is_none(text):
    assert not is_question(text)


def test_a_text_of_nothing_but_emoji_is_read_in_no_time():
    assert not is_question(":x: " * 10_000)


# ── stop ──

STOPS = [
    *(
        "stop",
        "Stop!",
        "STOP.",
        "stop please",
        "Please stop",
        "stop stop stop",
        "stop it",
        ":octagonal_sign:",
        "🛑",
        "cancel",
    ),
    *(
        "never mind",
        "that's enough",
        "ok stop",
        "stopp",
        "Stopp bitte!",
        "hör auf",
        "abbrechen",
        "das reicht",
        "halt",
        "arrête !",
    ),
    *("стоп", "停止", "やめて"),
]
NO_STOPS = [
    *(
        "stop the deployment",
        "why did it stop?",
        "did the rollout stop",
        "can we cancel the rollout?",
        "please",
        "halt the queue",
    ),
    *("when does it stop", "ok", "", "the stop was at 03:40", "stop " * 40),
]


@pytest.mark.parametrize("text", STOPS)
def test_stop_in_a_few_words_ends_what_is_being_answered(text):
    assert said(text, thread=BOT_THREAD) == StopAsked()
    assert said(text, mention=True) == StopAsked()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("text", STOPS)
def test_stop_that_people_say_to_each_other_is_theirs(mode, text):
    assert said(text, mode=mode) == NotForUs()
    assert said(text, mode=mode, thread=OTHER) == NotForUs()


@pytest.mark.parametrize("text", NO_STOPS)
def test_stop_in_a_sentence_is_a_question(text):
    assert said(text, thread=BOT_THREAD) == Question(text.strip())


# ── a human ──

WANTED = [
    # English
    *(
        "get me a human",
        "Get me a human!",
        "GET ME A HUMAN",
        "can you get me a human?",
        "could you please get somebody",
        "I want a human",
    ),
    *(
        "i need a real person",
        "I need a person now",
        "I want to talk to a human",
        "let me speak to a person",
        "can I talk to someone?",
    ),
    *(
        "may I speak with a human being",
        "human please",
        "a human, please",
        "a real human!",
        "Human!",
        "real person please",
        "person please",
    ),
    *(
        "page someone",
        "page the on-call",
        "please page the payments on-call",
        "page the oncall engineer",
        "can you page on call?",
    ),
    *(
        "call the on-call engineer",
        "wake someone up",
        "wake up the on-call",
        "wake somebody",
        "call somebody",
        "escalate",
        "escalate this",
    ),
    *(
        "escalate this to a human",
        "escalate it to the on-call",
        "you are useless, get me a human",
        "why is it slow? get me a person.",
    ),
    *(
        "is there a human I can talk to?",
        "is there a real person here?",
        "is there someone I can talk to?",
        "how do I reach a human?",
    ),
    *(
        "how can I talk to a person?",
        "how do we page the on-call?",
        "connect me to a human",
        "transfer me to an operator",
    ),
    *(
        "hand this over to a human",
        "I'd rather talk to a human",
        "give me a human",
        "bring in a human",
        "find me someone",
        "send a human",
    ),
    *(
        "just get me an engineer",
        "please wake the payments on-call",
        "operator!",
        "we need a human here",
        "we need someone on this now",
    ),
    *(
        "call the team",
        "page the owner",
        "put me through to a human",
        "get somebody on call",
        "pull in the on-call",
        "ping the on-call",
    ),
    *("any humans here?", "No. I want a person.", "stop guessing and get a human", "I need to speak to an engineer"),
    # German
    *(
        "ich brauche einen Menschen",
        "Hol mir einen Menschen!",
        "ich will mit einem Menschen sprechen",
        "einen Menschen bitte",
        "ruf jemanden an",
    ),
    *(
        "Weck die Bereitschaft",
        "kann ich mit einem Menschen reden?",
        "bitte hol jemanden",
        "ich möchte mit jemandem sprechen",
    ),
    *(
        "alarmiere die Bereitschaft",
        "wir brauchen hier einen echten Menschen",
        "verbinde mich mit einem Menschen",
        "wie erreiche ich einen Menschen?",
    ),
    # and more
    *(
        "je veux parler à un humain",
        "passez-moi quelqu'un",
        "appelle l'astreinte",
        "j'ai besoin d'un humain",
        "une personne, s'il vous plaît",
    ),
    *(
        "quiero hablar con una persona",
        "necesito un humano",
        "llama a alguien",
        "pásame con una persona real",
        "despierta a alguien",
    ),
    *(
        "quero falar com uma pessoa",
        "chama alguém",
        "preciso de um humano",
        "voglio parlare con una persona",
        "chiama qualcuno",
    ),
    *(
        "ik wil een mens spreken",
        "bel iemand",
        "haal een mens",
        "zawołaj kogoś",
        "позови человека",
        "нужен живой человек",
        "разбуди дежурного",
    ),
    *(
        "转人工",
        "叫值班人员",
        "我要真人",
        "人間を呼んで",
        "担当者につないで",
        "担当者と話したい",
        "사람 불러줘",
        "상담원 연결해줘",
        "birini çağır",
    ),
]
NOT_WANTED = [
    *(
        "is a human needed to approve?",
        "is a person needed for the rollback?",
        "who is on call?",
        "who's on call for payments?",
    ),
    *(
        "was the on-call paged?",
        "did anyone page the on-call?",
        "when was the on-call paged?",
        "has someone been paged?",
        "who was paged",
    ),
    *(
        "should we page someone?",
        "do we need a human?",
        "do I need a person to approve this?",
        "does it page the on-call by itself?",
    ),
    *(
        "why did it page the on-call at night?",
        "what did the on-call do?",
        "don't page anyone",
        "do not wake anybody",
        "no need to call a human",
    ),
    *(
        "we never page the on-call for this",
        "please don't get a human",
        "was it human error?",
        "how many people are affected?",
    ),
    *(
        "which person deployed it?",
        "are people affected?",
        "how many users need a person object?",
        "show me logs of the person service",
    ),
    *(
        "how long until someone is paged",
        "what pages the on-call?",
        "does the runbook call a human?",
        "did somebody deploy?",
        "is anyone looking?",
    ),
    *(
        "`get me a human`",
        "&gt; get me a human\nwhat did they mean?",
        "show the log line ```need a human```",
        "logs of the call service",
    ),
    *(
        "what calls the gateway?",
        "call rate of the gateway?",
        "page load time?",
        "how slow is the landing page?",
        "error page of the on-call tool?",
    ),
    *(
        "which human readable names are there",
        "what does the pager say",
        "how often was the on-call woken last week?",
        "when do you page people?",
    ),
    *(
        "can you get me the logs?",
        "get me the error rate",
        "I need the logs",
        "we need more memory",
        "find the cause",
        "give me the diff",
    ),
    *(
        "wer hat Bereitschaft?",
        "braucht es einen Menschen?",
        "wurde jemand geweckt?",
        "bitte nicht die Bereitschaft wecken",
        "muss ein Mensch zustimmen?",
    ),
    *(
        "weck niemanden",
        "hol mir die Logs",
        "ich brauche die Logs",
        "wie viele Menschen sind betroffen?",
        "qui est d'astreinte ?",
    ),
    *(
        "n'appelle pas l'astreinte",
        "¿quién está de guardia?",
        "no llames a nadie",
        "кто дежурный?",
        "不要叫值班人员",
        "",
        "?",
    ),
]


@pytest.mark.parametrize("text", WANTED)
def test_a_person_is_wanted_in_any_words(text):
    assert said(text, mention=True) == PersonWanted()
    assert said(text, thread=BOT_THREAD) == PersonWanted()


@pytest.mark.parametrize("text", NOT_WANTED)
def test_a_question_about_people_stays_a_question(text):
    assert said(text, mention=True) == Question(text)


@pytest.mark.parametrize(
    ("mode", "others", "expected"),
    [
        ("mentions", NOBODY, PersonWanted()),
        ("questions", NOBODY, PersonWanted()),
        ("questions", frozenset({DANA}), PersonWanted()),
        ("all", NOBODY, PersonWanted()),
    ],
)
def test_whoever_calls_for_a_person_is_heard_in_every_mode_and_however_many_talk(mode, others, expected):
    assert said("get me a human", mode=mode, others=others) == expected


# ── pace ──


def minutes(*ago):
    return [NOW - timedelta(minutes=each) for each in ago]


def test_thirty_questions_in_ten_minutes_and_then_when_again():
    assert may_ask(minutes(*[1] * (MOST - 1)), 0, NOW) is None
    assert may_ask(minutes(*[1] * (MOST - 1), 10, 11, 60), 0, NOW) is None
    refusal = may_ask(minutes(9, *[1] * (MOST - 1)), 0, NOW)
    assert f"{NOW + PACE - timedelta(minutes=9):%H:%M}" in refusal
    assert "30 questions in 10 minutes" in refusal


def test_where_more_were_asked_than_that_it_is_said_when_there_are_few_enough():
    refusal = may_ask(minutes(9, 8, *[1] * (MOST - 1)), 0, NOW)
    assert f"{NOW + PACE - timedelta(minutes=8):%H:%M}" in refusal


def test_no_order_of_the_times_is_needed():
    assert may_ask(minutes(*[1] * (MOST - 1), 9), 0, NOW) == may_ask(minutes(9, *[1] * (MOST - 1)), 0, NOW)


def test_three_at_once():
    assert may_ask([], AT_ONCE - 1, NOW) is None
    assert "`stop`" in may_ask([], AT_ONCE, NOW)
