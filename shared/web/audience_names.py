"""For whom a view is. Every view has exactly one audience; a house test proves it."""

from typing import Final

CLIENT: Final = "client"
STAFF: Final = "staff"
API: Final = "api"
INTERNAL: Final = "internal"
HOOKS: Final = "hooks"
PUBLIC: Final = "public"
"""Stylesheets and health: nobody's data, asked by anyone."""

AUDIENCES: Final = frozenset({CLIENT, STAFF, API, INTERNAL, HOOKS, PUBLIC})

WITHOUT_COOKIES: Final = frozenset({API, INTERNAL, HOOKS})
"""Who shows a token or a signature with each request: no cookie speaks for them, to be abused."""
