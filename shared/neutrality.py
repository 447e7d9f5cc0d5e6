"""The lint of telling words: no message may say why someone is written to (L07, security 8).

Someone else may read a preview over the person's shoulder, so the words below
must not stand in a subject, a body, a text, a calendar entry or a link. Every message is held to
the words of every language: whoever looks may read both.
"""

import re

_ENGLISH = (
    r"abus\w*|violen\w*|afraid|fear\w*|safe\w*|danger\w*|hurt\w*|threat\w*|control\w*|forced?"
    r"|suicid\w*|self.?harm\w*|crisis|988|911|affair\w*|secret\w*|divorc\w*"
    r"|leav\w+ (him|her|them)|couple\w*|marriage|relationship\w*|partner\w*|therap\w*|counsel\w*"
    r"|screen\w*|intake|flag\w*|review\w*|triage|risk\w*|police|court|order of protection"
    r"|depress\w*|anxi\w*|drug\w*|alcohol|pursu\w*|withdraw\w*"
)
"""The base profile of the screener's leak tests: it holds for every person and every answer."""

_SPANISH = (
    r"viol[oó]\w*|miedo\w*|temor\w*|segur[oa]s?|seguridad|peligro\w*|dañ\w*|lastim\w*|herid[oa]s?"
    r"|amenaz\w*|obligad[oa]s?|autolesi\w*|autoles[ií]on\w*|infiel\w*|infidelidad\w*|amante\w*"
    r"|separarse|separaci[oó]n\w*|dejarl[oae]s?|pareja\w*|matrimoni\w*|espos[oa]s?|marido|novi[oa]s?"
    r"|relaci[oó]n\w*|terap\w*|psic\w*|psiqui\w*|consejer\w*|cuestionario\w*|evaluaci\w*|riesgo\w*"
    r"|polic[ií]\w*|tribunal\w*|juzgado\w*|orden de (protecci[oó]n|alejamiento)|deprim\w*"
    r"|ansi[eo]\w*|droga\w*|adicci\w*|cl[ií]nic\w*|tratamiento\w*"
)
"""The same in Spanish, where the English stems do not reach already."""

TELLING = re.compile(rf"\b({_ENGLISH}|{_SPANISH})\b", re.IGNORECASE)


def telling_words(text: str) -> list[str]:
    """Return the telling words found in `text`, in order; an empty list means neutral."""
    return [match.group(0) for match in TELLING.finditer(text)]
