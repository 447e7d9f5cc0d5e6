"""The web floor that all three services stand on: guards, errors, forms, pages.

A service calls `init_app` in its composition root; its views import the rest from here.
"""

from shared.web.context import database, keep, kept, page_link, public_link, service_name, settings
from shared.web.setup import init_app

__all__ = [
    "database",
    "init_app",
    "keep",
    "kept",
    "page_link",
    "public_link",
    "service_name",
    "settings",
]
