"""The lint of telling words: no message may say why someone is written to (L07, security 8).

Someone else may read a preview over the person's shoulder, so the words below
must not stand in a subject, a body, a text, a calendar entry or a link.
"""

import re

TELLING = re.compile(
    r"\b(abus\w*|violen\w*|afraid|fear\w*|safe\w*|danger\w*|hurt\w*|threat\w*|control\w*|forced?"
    r"|suicid\w*|self.?harm\w*|crisis|988|911|affair\w*|secret\w*|divorc\w*"
    r"|leav\w+ (him|her|them)|couple\w*|marriage|relationship\w*|partner\w*|therap\w*|counsel\w*"
    r"|screen\w*|intake|flag\w*|review\w*|triage|risk\w*|police|court|order of protection"
    r"|depress\w*|anxi\w*|drug\w*|alcohol|pursu\w*|withdraw\w*)\b",
    re.IGNORECASE,
)
"""The base profile of the screener's leak tests: it holds for every person and every answer."""


def telling_words(text: str) -> list[str]:
    """Return the telling words found in `text`, in order; an empty list means neutral."""
    return [match.group(0) for match in TELLING.finditer(text)]
