"""How lines speak to an assistant in other languages than English; as `instruction_signs`."""

from __future__ import annotations

from bot.guard.instruction_signs import Sign, sign

FOREIGN: tuple[Sign, ...] = (
    # a request and a name, whatever the language
    sign(
        "bitte por~favor s'il per~favore alsjeblieft prosze lutfen пожалуйста",
        r"(?:^|[\s\"'>\[(])(?:bot|assist\w+|asist\w+|ai|ki|ia|claude) ?[,:!] ?"
        r"(?:bitte|por favor|s'il (?:te|vous)|per favore|alsjeblieft|prosze|lutfen|пожалуйста)",
    ),
    sign(
        "@channel @here @everyone",
        r"\b(?:poste?|schreibe?|ecri[st]|envoie|publi\w+|escrib\w+)\b.{0,40}?@(?:channel|here|everyone)",
    ),
    # German
    sign(
        "ignorier missacht vergiss vergesst befolge",
        r"\b(?:ignorier\w*|missacht\w*|vergiss|vergesst|befolge?t? (?:nicht|keine))\b.{0,40}?"
        r"\b(?:anweisung|anleitung|vorgabe|regel|instruktion|befehl|prompt|alles)",
    ),
    sign("ki~bist eine~ki", r"\b(?:du|sie) (?:eine )?ki (?:bist|sind)\b|\bdu bist eine ki\b"),
    sign("du~bist", r"\bdu bist (?:jetzt|nun|ab jetzt|ab sofort|ein(?:e|en)? (?:ki|assistent))\b"),
    sign(
        "assistent ki",
        r"(?:^|[\s\"'>\[(])(?:als (?:ki|assistent|sprachmodell)\b|(?:lieber? )?(?:assistent(?:in)?|ki"
        r"|sprachmodell) ?[,:!] "
        r"|hinweis an (?:den |die )?(?:assistent\w*|ki)\b)",
    ),
    sign(
        "sag teile schreib", r"\b(?:sag|teile?|schreib) (?:dem|der|den) (?:benutzer|nutzer|ingenieur|team|bereitschaft)"
    ),
    # French
    sign(
        "ignor oubli compte",
        r"\b(?:ignor\w*|oubli\w*|ne (?:tiens|tenez) pas compte)\b.{0,40}?\b(?:instruction|consigne|regle"
        r"|directive|ordre)",
    ),
    sign("tu~es vous~etes", r"\b(?:tu es|vous etes) (?:maintenant|desormais|un(?:e)? (?:assistant|ia))\b"),
    sign(
        "assistant ia",
        r"\ben tant qu(?:e |')(?:ia|assistant|modele)|(?:^|[\s\"'>\[(])(?:l'|cher )?(?:ia|assistant) ?[,:!] ?\w+ez\b",
    ),
    # Spanish and Portuguese
    sign(
        "ignor olvid omiso descart desconsider esquec",
        r"\b(?:ignor\w*|olvid\w*|haz caso omiso|descart\w*|desconsider\w*|esquec\w*)\b.{0,40}?"
        r"\b(?:instruccion|instruco|regla|regra|orden|ordens|indicacion|directri)",
    ),
    sign(
        "eres voce", r"\b(?:ahora eres|eres ahora|eres un(?:a)? (?:asistente|ia)|voce (?:agora )?e (?:um|uma|agora))\b"
    ),
    sign("asistente ia", r"(?:^|[\s\"'>\[(])(?:asistente|assistente|ia) ?[,:!] |\bcomo (?:asistente|ia|assistente)\b"),
    # Italian, Dutch, Polish, Turkish
    sign("ignora dimentica", r"\b(?:ignora|dimentica)\w*\b.{0,40}?\b(?:istruzion|regol|ordin|direttiv)"),
    sign("negeer vergeet", r"\b(?:negeer|vergeet)\b.{0,40}?\b(?:instructie|regel|opdracht|aanwijzing)"),
    sign("ignoruj zapomnij pomin", r"\b(?:z?ignoruj|zapomnij|pomin)\b.{0,40}?\b(?:instrukcj|polecen|zasad|regu)"),
    sign("talimat kural", r"\b(?:talimat|kural)\w*\b.{0,30}?\b(?:yok say|unut|gormezden|goz ardi|dikkate alma)"),
    # Russian and Ukrainian
    sign("игнор забуд", r"(?:игнорир|ігнор|забуд)\w*.{0,40}?(?:инструкц|указан|правил|команд|інструкц|вказів)"),
    sign("ты вы ассистент", r"\b(?:ты|вы) (?:теперь|сейчас)\b|(?:^|[\s\"'>\[(])ассистент ?[,:!]"),
    # Chinese, Japanese, Korean, Arabic
    sign(
        "忽略 无视 無視 忘记 忘記 不要理会 不要遵",
        r"(?:忽略|无视|無視|忘记|忘記|不要理会|不要遵[守循]).{0,20}?(?:指令|指示|说明|說明|规则|規則|提示|命令|内容|內容)",
    ),
    sign(
        "你 您 作为 作為",
        r"[你您](?:现在|現在|从现在起)(?:开始)?是|作[为為](?:一个|一個|一名)?(?:ai|人工智能|助手|助理|语言模型)",
    ),
    sign("如果", r"如果[你您]是(?:一个|一個)?(?:ai|人工智能|助手|助理|模型|语言模型)"),
    sign("si~eres si~tu~es se~sei", r"\bsi (?:eres una? |tu es une? )(?:ia|asistente|assistant)\b"),
    sign("助手 助理", r"(?:^|[\s\"'>\[(【])(?:ai)?(?:助手|助理) ?[,:、]|(?:请|請)(?:助手|助理)"),
    sign("系统提示 系統提示 告诉用户 告訴", r"系[统統]提示(?:词|詞)?|告[诉訴](?:用[户戶]|工程[师師]|值班)"),
    sign("無視 忘れ", r"(?:指示|命令|ルール|フロンフト|プロンプト|規則)(?:を|は|も)?.{0,8}?(?:無視|忘れ)"),
    sign("あなた アシスタント", r"あなたは(?:今|これから|もう)|アシスタント(?:へ|は|さん)? ?[,:、]"),
    sign("무시 잊", r"(?:지시|명령|규칙|지침).{0,12}?(?:무시|잊)"),
    sign("تجاهل انس", r"(?:تجاهل|انس).{0,40}?(?:التعليمات|الاوامر|القواعد)"),
)
"""By the roots of the words, as folded: German, French, Spanish, Portuguese, Italian, Dutch, Polish, Turkish, Russian,
Ukrainian, Chinese, Japanese, Korean, Arabic."""
