"""Whether somebody asks for a human instead of a bot, in the languages that people curse in at night (pure).

Each sentence is read by itself. What follows is a confirming button, so that a false alarm wakes nobody; all the
same a question *about* people («is a human needed to approve?») must stay a question.
"""

from __future__ import annotations

import re

LONGEST = 2_000
_CODE = re.compile(r"```.*?```|`[^`]*`|<[^<>]*>|^\s*(?:&gt;|>).*$", re.DOTALL | re.MULTILINE)
_SENTENCES = re.compile(r"[^.!?;,:\n。！？、，…؟–—]+[!?？؟！]*")


def wants_a_person(text: str) -> bool:
    """Whether any of its sentences asks for a person. Code, quotes, links and what stands behind the first screen of
    a long text are left out.
    """
    plain = _CODE.sub(" ", text[:LONGEST]).casefold().replace("’", "'")
    return any(_wanted(" ".join(sentence.split())) for sentence in _SENTENCES.findall(plain))


def _wanted(sentence: str) -> bool:
    if _NOT.search(sentence):
        return False
    if _REACH.search(sentence):
        return True
    return not _ABOUT.match(sentence) and any(pattern.search(sentence) for pattern in _PATTERNS)


_NOT = re.compile(
    r"\b(?:don'?t|do not|doesn'?t|didn'?t|no need|not need|needn'?t|never|without|instead of|shouldn'?t|won'?t"
    r"|nicht|kein|keine|keinen|ohne|ne .{1,30} (?:pas|personne)|(?:pas|sans) (?:besoin|appeler|de)|niet|geen"
    r"|no (?:llames?|necesito|quiero|hace falta|chame|preciso|quero|voglio|chiamare|serve)|não|non (?:chiamare"
    r"|voglio|serve)"
    r"|не (?:зови|нуж|надо|буди)\w*|nie (?:dzwoń|potrzeb|wołaj)\w*)\b|不要|别叫|不用|(?<!つ)ないで|不需要"
)
_ABOUT = re.compile(
    r"(?:so |and |but |ok |hey )?(?:who|whom|whose|when|why|what|which|where|whether|if|is|are|was|were|did|does"
    r"|do|has|have"
    r"|had|should|must|shall|how|am|will it|will this|wer|wen|wem|wann|warum|wieso|was|welche\w*|wo|ob|ist|sind"
    r"|war|wurde"
    r"|hat|haben|muss|soll|sollte|braucht|qui|quand|pourquoi|est-ce qu\w*|faut-il|quién|cuándo|por qué|qué|quem"
    r"|quando|chi"
    r"|perché|wie|wanneer|waarom|is er|кто|когда|почему|нужен ли|kto|kiedy|dlaczego)\b"
)
"""How a question about people begins: it is answered, nobody is called."""

_A = (
    r"(?:an? |the |some |any |one |another |our |my |your |us |me |to |for |with |please |actual |real |live "
    r"|living |breathing )*"
)
_HUMAN = (
    r"(?:human(?:s| being| operator| engineer| person)?|(?:real |actual |live )person|people|person"
    r"|humans)\b(?! error| factor)"
)
_SOMEONE = r"(?:some ?(?:one|body)|any ?(?:one|body))\b"
_ONCALL = (
    r"(?:[\w-]+(?:'s)? ){0,2}(?:on-? ?call(?:er|s)?|responder|duty (?:engineer|officer|manager)|sre|engineer"
    r"|operator|expert)\b"
)
_WHOM = rf"{_A}(?:{_HUMAN}|{_SOMEONE}|{_ONCALL})"
_REACH = re.compile(
    rf"^how (?:do|can|could) (?:i|we) (?:reach|get|talk to|speak (?:to|with)|call|page|contact) {_WHOM}"
    rf"|^is there {_A}(?:{_HUMAN}|{_SOMEONE}|{_ONCALL}) (?:here|around|there|available|i can|we can|who can help"
    rf"|to (?:talk|speak) )"
    rf"|^(?:any|is any) ?(?:human|one human|real person)s? (?:here|there|around)"
    r"|^wie (?:erreiche|bekomme|kriege) ich (?:hier )?(?:einen menschen|jemanden|die bereitschaft)"
)
"""These begin like questions, and ask for a person all the same."""

_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        # English
        rf"(?:^|\b(?:please|pls|can|could|would|will|you|just|now|and|then|to|let's|go|gotta|so) )"
        rf"(?:get|fetch|find|bring|give|send|page|call|ring|phone|wake(?: up)?|alert|summon|escalate(?: this| it)? to"
        rf"|connect|transfer|hand|pass|put|loop in|pull in|involve|contact|notify|ping) (?:me |us |this |it |over "
        rf"|through |in )*{_WHOM}",
        rf"\b(?:talk|speak|chat|escalate|switch|hand(?:ed)? over|transferred|connected) (?:to"
        rf"|with) {_A}(?:{_HUMAN}|{_SOMEONE}|{_ONCALL})",
        rf"\b(?:want|need|require|prefer|demand|give me) {_A}(?:{_HUMAN}|{_SOMEONE}|{_ONCALL})(?!.*\?)",
        rf"^(?:a |an |any |real |actual |live )+{_HUMAN}(?: (?:please|pls|now|asap|here))*!*$",
        r"^(?:human|humans|person|operator|agent|representative)(?: (?:please|pls|now|asap|here|needed))*!*$",
        r"\bwake (?:some(?:one|body)|them|him|her|the team|\w+ up)\b",
        r"^(?:please |pls )?(?:page|wake|call) (?:up )?(?:the )?(?:[\w-]+ )?(?:team|owner|owners|lead|manager)\b",
        r"^(?:please |pls )?escalate(?: this| it| now| please)*!*$",
        # German
        r"\b(?:brauche?n?|will|wollen|möchten?|moechten?|hätten? gern\w*|verlangen?) (?:hier |jetzt |bitte |mal "
        r"|sofort |doch )*"
        r"(?:mit )?(?:einen?m?r? )?(?:echten?m?r? |richtigen?m?r? )*(?:menschen?|person|jemande?[nm]?"
        r"|mitarbeiter\w*|bereitschaft\w*)\b(?!.*\?)",
        r"\b(?:hole?n?|holt|gib|gebt|schicke?|ruf|rufe|ruft|weck|wecke|weckt|alarmiere?|verständige?|verbinde?"
        r"|pieps\w*|page) "
        r"(?:mir |uns |mich |bitte |mal |jetzt |sofort |doch |mit )*(?:einen?m? |die |den |dem |das )?(?:echten?m? )?"
        r"(?:menschen?|person|jemande?[nm]?|bereitschaft\w*|diensthabenden?\w*|team|on-?call)\b",
        r"\bmit (?:einem|einer) (?:echten |richtigen )?(?:menschen|person|mitarbeiter\w*) (?:sprechen|reden|verbinden)",
        r"\bmit jemandem (?:sprechen|reden)\b",
        r"^(?:einen|ein) (?:echten |richtigen )?mensch(?:en)?(?: bitte| jetzt| her)*!*$",
        # French
        r"\b(?:parler (?:à|a|avec)|passez?[- ]moi|besoin d'|appel(?:le|ez|er)|réveillez?|reveillez?"
        r"|trouvez?[- ]moi|je veux|donnez?[- ]moi)"
        r" ?(?:une? |l'|le |la |d')?(?:vraie? )?(?:humain\w*|être humain|personne|quelqu'un|astreinte|opérateur)\b",
        r"^une? (?:vraie? )?(?:humain|personne)(?: s'il (?:te|vous) pla[iî]t)?!*$",
        # Spanish, Portuguese, Italian
        r"\b(?:hablar con|necesito(?: a)?|quiero(?: a)?|llam[ae](?: a)?|avis[ae] a|despierta a|p[oó]nme con"
        r"|p[aá]same con|tráeme(?: a)?)"
        r" (?:una?l? |la )?(?:human[oa]|persona(?: real)?|alguien|guardia)\b",
        r"\b(?:falar com|preciso de|quero|chama[r]?|acorda[r]?) (?:uma? |o |a )?(?:human[oa]|pessoa(?: real)?"
        r"|alguém|alguem|plantão|plantao)\b",
        r"\b(?:parlare con|ho bisogno di|voglio|vorrei|chiama(?:te)?|sveglia(?:te)?|passami) (?:un[oa]? |un'|il |la )?"
        r"(?:essere umano|uman[oa]|persona(?: vera)?|qualcuno|reperibile|operatore)\b",
        # Dutch, Polish, Russian, Turkish
        r"\b(?:wil|kan ik|graag|moet) (?:met )?(?:een )?(?:echt )?(?:mens|persoon|iemand) (?:spreken|praten)\b",
        r"\b(?:bel|haal|roep|wek) (?:een mens|iemand|de (?:wacht|dienst\w*))\b|\been mens nodig\b",
        r"\b(?:zawołaj|wezwij|obudź|zadzwoń do|potrzebuję|chcę rozmawiać z|daj mi) (?:kogoś|człowieka|człowiekiem"
        r"|kimś|dyżurn\w*)\b",
        r"\b(?:позови\w*|вызови\w*|разбуди\w*|дай\w*|нужен|нужно|соедини\w* с|поговорить с|позвони\w*) (?:мне "
        r"|живо\w* |настоящ\w* )*"
        r"(?:человек\w*|кого-нибудь|кого-то|дежурн\w*|оператор\w*)",
        r"\b(?:insanla|biriyle|bir insanla) (?:konuşmak|görüşmek)|\b(?:birini|nöbetçiyi) (?:ara|çağır|uyandır)\b",
        # Chinese, Japanese, Korean: no spaces to go by
        r"转人工|转接人工|人工客服|(?:找|叫|要|需要|给我|请)(?:个|一个|一位)?(?:真人|活人|值班(?:人员|工程师)?)|叫人来|找人来",
        r"(?:人間|担当者|オペレーター|オンコール|当番|誰か)(?:の人)?(?:を|に|と)(?:呼|起こ|つな|繋|代わ|話したい|お願い)",
        r"(?:사람|상담원|담당자|당직자?)(?:을|를|과|와|이랑|한테|에게)? ?"
        r"(?:불러|연결|바꿔|깨워|통화하고 싶|얘기하고 싶|필요해)",
    )
)
