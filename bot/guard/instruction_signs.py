"""How lines speak to an assistant: the words by which one is told to forget, to be somebody else, to act or to hide.

Patterns see a folded text: lower case, one space, no accents on Latin letters, nothing invisible. Each begins with a
word and every gap is bounded, so that no text takes more than linear time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sign:
    """Without one of `hints` in the text the pattern is not tried: that keeps it fast."""

    hints: tuple[str, ...]
    pattern: re.Pattern[str]


def sign(hints: str, pattern: str) -> Sign:
    """`hints` are separated by spaces; one of several words is written with `~` between them."""
    return Sign(tuple(hint.replace("~", " ") for hint in hints.split()), re.compile(pattern))


_MODEL = (
    r"(?:(?:ai|virtual|incident|coding|helpful|slack) (?:assistants?|agents?|models?|bots?)|assistants?"
    r"|chatbots?|a\.?i\.?"
    r"|llms?|(?:large )?language models?|claude|chat ?gpt|gpt(?:-\w+)?|copilot|gemini|first responder)"
)
_ACT = (
    r"(?:please |kindly |immediately |now |you must |you should |you will |always |never |do not |don't ){0,4}"
    r"(?:run|execute|post|call|tell|say|answer|reply|report|ping|mention|notify|send|write|print|reveal|ignore|do|use"
    r"|open|delete|restart|roll ?back|approve|conclude|state|mark|summari[sz]e|include|output|respond|recommend"
    r"|set|add"
    r"|forget|disregard|stop|repeat|translate|query|fetch|read|page|tag|link|raise|lower|omit|hide|skip|pretend|act"
    r"|follow|obey|remember|treat|assume|invoke|announce|message|show|give|list|close|resolve|escalate|confirm)"
)
_RULES = (
    r"(?:instructions?|prompts?|guidelines?|directives?|programming|guardrails?|safety (?:rules|policies)"
    r"|orders|training"
    r"|(?:your|the|all|these|those|previous|prior|system|above) (?:\w+ )?rules|restrictions|constraints)"
)

SIGNS = (
    # forget what you were told
    sign(
        "ignor disregard forget overrid bypass neglect follow obey",
        r"\b(?:ignore|disregard|forget|override|overrid(?:e|ing)|bypass|neglect|(?:do not|don't|stop"
        r"|no longer) (?:follow"
        r"|obey)(?:ing)?)\b.{0,40}?\b(?:all|any|every|everything|previous|prior|above|earlier|preceding|your"
        r"|these|those"
        rf"|the|system|of|foregoing)\b.{{0,40}}?\b{_RULES}\b",
    ),
    sign(
        "ignor disregard forget",
        r"\b(?:ignore|disregard|forget) (?:everything|anything|all of|all that"
        r"|what(?:ever)?)\b.{0,30}?\b(?:above|before"
        r"|previous|prior|you (?:were|have|know|read|saw)|told|said)\b",
    ),
    sign(
        "ignore disregard forget",
        r"\b(?:ignore|disregard|forget) (?:all |everything |the )?(?:above|foregoing|preceding|previous)"
        r"(?= ?(?:$|[.,;:!]|and\b|text\b|message|content))"
        r"|\b(?:ignore|disregard|bypass) (?:all )?(?:safety|security|content|system) (?:rules|polic|guideline|checks)",
    ),
    sign("stop~", r"\bstop (?:analy[sz]ing|investigating|the (?:analysis|investigation))\b"),
    sign(
        "instruct",
        r"\b(?:new|updated|revised|real|actual|override|hidden|secret|further|additional) (?:system )?instructions?"
        r"(?: from \w+)? ?[:.!]|\b(?:your|the) (?:new|real|true|actual|only) (?:instructions?|task|goal|job"
        r"|purpose)\b",
    ),
    sign(
        "ignoreprevious ignoreall ignoreyour disregardall forgetall",
        r"ignore(?:previous|all|your)|(?:disregard|forget)all",
    ),
    # be somebody else
    sign(
        "you~are you're",
        rf"\byou(?:'re| are) (?:now |no longer |actually |really ){{0,3}}(?:an? |the |my |in )?(?:\w+ )?(?:{_MODEL}|"
        r"developer mode|root|dan|unrestricted|jailbroken|sre bot|system administrator|free from|bound by"
        r"|required to (?:run|post|call|say|obey)|instructed to)\b",
    ),
    sign(
        "you~are~now",
        r"\byou are now (?:an?|the|my|free|acting|going|called|in (?:maintenance|developer|admin|god|root) mode)\b",
    ),
    sign("as~ since being because~you", rf"\b(?:as|since you are|because you are|being) (?:an?|the) {_MODEL}\b"),
    sign(
        "act pretend roleplay role-play behave",
        rf"\b(?:act|behave) (?:as|like) (?:an? |the |my |if you )?(?:\w+ )?(?:{_MODEL}|root|admin\w*"
        rf"|an? (?:unrestricted|evil)"
        r"|were|are|had|operator|hacker)\b|\bpretend (?:to be|you|that you)\b|\brole-?play\b.{0,20}\b(?:as|you)\b",
    ),
    sign("from~now~on", r"\bfrom now on,? (?:you|always|never|answer|respond|reply|act|say|treat|ignore|please)\b"),
    sign(
        "developer~mode jailbreak anything~now",
        r"\b(?:enable|enter|activate) developer mode\b|\bjailbreak\b|\bdo anything now\b",
    ),
    # spoken to by name
    sign(
        "assist a.i ai llm model claude gpt copilot gemini responder bot",
        rf"(?:^|[\s\"'>\[(*#.!:;=-])(?:(?:hey|hi|hello|dear|ok|okay|attention|listen|note|important"
        rf"|@),? ?){{0,3}}{_MODEL}"
        rf" ?(?:[,:!>-]|--|—)+ ?(?:[\"'\[*]+ ?)?{_ACT}\b",
    ),
    sign(
        "note notice message instruction memo attention important reminder hint request order",
        r"\b(?:note|notice|message|instructions?|memo|attention|important|reminder|hint|request|order)s? ?(?:to|for|:)"
        rf" (?:the |any |all |every |whichever )?{_MODEL}\b",
    ),
    sign(
        "assist a.i ai llm model claude gpt copilot gemini responder",
        rf"\b(?:the|any|an|every|this|all|dear|hey|attention,?) (?:\w+ )?{_MODEL}(?: (?:reading|analy[sz]ing|processing"
        rf"|summari[sz]ing"
        r"|that|which|who)\b.{0,40}?)? (?:must|should|shall|has to|have to|needs to|may now|is (?:to|required|allowed"
        r"|authori[sz]ed|instructed|ordered))\b",
    ),
    sign(
        "if~you if~a",
        rf"\bif you(?:'re| are) (?:an? |the )?{_MODEL}\b|\bif (?:an? |any )?{_MODEL} (?:is |are )?read(?:s|ing)?\b",
    ),
    sign(
        "summar analy answer report respond reply writing",
        r"\b(?:when|while|before|after|in) (?:you |your )?(?:summari[sz]\w+|analy[sz]\w+|answer\w*|report\w*"
        r"|respond\w*"
        r"|reply\w*|writing|briefing|analysis|summary)\b.{0,50}?\b(?:say|state|always|never|tell|do not|don't|you must"
        r"|recommend|conclude|include the|omit|leave out|mention|add the)\b",
    ),
    sign("dear hey hello", r"\b(?:dear|hey|hello),? (?:ai |language )?(?:model|bot|agent|assistant)\b"),
    # what it should do, and where
    sign(
        "you~must you~should you~will you~shall you~have you~need",
        r"\byou (?:must|should|will|shall|need to|have to) (?:(?:now|immediately) (?:run|execute|delete|restart|call)"
        r"|(?:now )?(?:ping|approve|obey|pretend|reveal|conclude|answer that|reply|say"
        r"|ignore (?:all|any|the|every)))\b",
    ),
    sign(
        "tool function",
        r"\b(?:please|now|must|then|immediately|next|you (?:can|may|should|must|will|need to)|first|^) ?(?:call"
        r"|use|invoke|run"
        r"|execute|trigger) (?:the |your |a )?[\"'`*]*[\w-]+[\"'`*]*(?: \w+)? (?:tool|function)\b"
        r"|^(?:call|use|invoke) (?:the |your )[\"'`*]*[\w-]+[\"'`*]* (?:tool|function)\b|\buse your tools?\b",
    ),
    sign(
        "channel here everyone",
        r"\b(?:post|send|write|say|ping|mention|notify|tag|page|message|announce|reply|alert)\b.{0,60}?"
        r"(?:@(?:channel|here|everyone)\b|<!(?:channel|here|everyone)\b|&lt;!(?:channel|here|everyone))",
    ),
    sign("<! <@ &lt;!", r"<!(?:channel|here|everyone|subteam)\b|&lt;!(?:channel|here|everyone)"),
    sign(
        "prompt instruction your",
        r"\b(?:reveal|show|print|repeat|output|leak|display|share|exfiltrate|dump|paste|post|send|write|quote|include"
        r"|recite|tell"
        r"(?: me| us)?|what (?:is|are))\b.{0,30}?\b(?:system prompt|initial prompt|hidden prompt"
        r"|your (?:\w+ )?(?:instructions"
        r"|prompt|rules|configuration|secrets?|api keys?|tokens?|credentials|environment|memory))\b",
    ),
    sign(
        "tell inform assure convince persuade advise",
        r"\b(?:tell|inform|assure|convince|persuade|advise|instruct) (?:the |this |your |all |every )?(?:users?"
        r"|engineers?"
        r"|operators?|on-?call|readers?|teams?|humans?|people|everyone|everybody|sre|channel|responders?)\b",
    ),
    sign(
        "incident",
        r"\b(?:mark|close|resolve|declare|report) (?:the |this )incident(?: \S+)? (?:as |is )?(?:resolved"
        r"|closed|over|fixed"
        r"|a false|harmless)\b|\b(?:say|state|conclude|report|answer|claim) that (?:the|this|there|all|every"
        r"|nothing|no)\b"
        r".{0,40}?\bincident\b",
    ),
    sign(
        "say state conclude claim answer report",
        r"(?:^|[.!;:,]|\b(?:and|then|please|must|should|just|only|always)) ?(?:say|state|conclude|claim|answer"
        r"|report) (?:only "
        r"|exactly |just )?(?:that |with )?[\"'«]?(?:everything|all (?:is|systems|services)|nothing is"
        r"|there (?:is|was) no|no "
        r"(?:action|incident|problem)|it (?:is|was) (?:a |caused )|the (?:cause|root cause|deploy\w*|database"
        r"|incident) (?:is|was))",
    ),
    sign(
        "do~not don't never",
        r"\b(?:do not|don't|never) (?:mention|tell|inform|reveal|disclose|show|say|warn|cite|flag"
        r"|repeat)\b.{0,20}?\b(?:this|the"
        r" (?:user|human|engineer|operator|team|reader)|any(?:one|body|thing)?|it|that|these|to (?:the|any))\b",
    ),
    sign(
        "confidence",
        r"\b(?:raise|set|report|state|mark|with|increase|lower|use"
        r"|your)\b.{0,20}?\bconfidence\b.{0,12}?\b(?:high|low|to|as|100)\b",
    ),
    sign(
        "approve",
        r"(?:^|[.!;:,>]|\b(?:please|must|should|now|then|and)) ?(?:auto-?)?approve (?:this|the|all|every|any"
        r"|each|it) ?(?:pending |open )?"
        r"(?:step|gate|run|rollback|request|action|change|runbook|command)?s?\b(?! by\b)",
    ),
    sign(
        "authori permission",
        r"\byou (?:are|have been) (?:hereby |now )?(?:authori[sz]ed|approved|permitted|instructed|cleared|granted)\b"
        r"|\byou (?:now )?have (?:my |full |root |admin )?permission\b",
    ),
    sign(
        "respond reply answer output",
        r"\b(?:respond|reply|answer|output) (?:only|exactly|just|solely|nothing but|with nothing)\b|(?:^"
        r"|[.!:] ?)(?:respond|reply)"
        r" (?:with|in|to this)\b",
    ),
    # what looks like the frame of a conversation
    sign(
        "<| [inst [/inst <<sys ## human assistant <system </system <assistant <user> </user> <tool <function </data "
        "</facts <question </question </earlier <instructions </instructions",
        r"<\|?/?(?:im_start|im_end|system|assistant|endoftext|eot_id|start_header_id|user|end)\|>|\[/?inst\]|<</?sys>>"
        r"|</?(?:system(?:[ _-](?:prompt|reminder|message))?|assistant|tool_(?:use|result|call)s?"
        r"|function_(?:calls?|results?)"
        r"|instructions?|data|facts|question|earlier|important_instructions)(?: [^<>]{0,80})?>"
        r"|#{2,} ?(?:instructions?|system|response|new task)(?: prompt| message)? ?:?(?:$| )|(?:^"
        r"|\\n\\n) ?(?:human|assistant) ?:",
    ),
    sign(
        "system",
        r"(?:^|[\s\"'\])>*-])\[?system(?: (?:prompt|message|note|override|update|instruction|notice"
        r"|command))?\]?[\"']? ?[:>] ?[\"'*]*"
        rf"(?:you\b|ignore|from now|new (?:instruction|task|rule)|disregard|forget|the (?:assistant|user|ai"
        rf"|model)\b|(?:please |always |never )?{_ACT} "
        r"(?:the|all|any|your|this|only|that|every|no)\b)|\bsystem (?:override|prompt)\b ?[:!]",
    ),
)
"""In English."""
