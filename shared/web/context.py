"""What a view may reach: database, settings, links, and what the composition root kept for it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from flask import Flask, current_app

from shared.db import Database
from shared.settings import CommonSettings
from shared.vocabulary import PREFIX, Service
from shared.web.identity import StaffIdentity

EXTENSION: Final = "softstart"

ConfirmSession = Callable[[UUID], StaffIdentity | None]
"""Says who a staff session still belongs to, or None when it has ended."""


@dataclass(kw_only=True)
class Floor:
    """What `init_app` laid under one Flask app."""

    service: Service
    settings: CommonSettings
    database: Database
    confirm_session: ConfirmSession
    audiences: dict[str, str] = field(default_factory=dict)  # by the blueprint's full name
    doors: set[str] = field(default_factory=set)  # endpoints of staff pages open to strangers
    kept: dict[str, Any] = field(default_factory=dict)


def floor(app: Flask | None = None) -> Floor:
    """The floor of `app`, or of the app that is answering now."""
    laid = (app or current_app).extensions[EXTENSION]
    if not isinstance(laid, Floor):
        raise TypeError("init_app has not been called for this app.")
    return laid


def settings() -> Any:
    """The settings of the service that is answering: its own dataclass, a CommonSettings."""
    return floor().settings


def database() -> Database:
    """The database of the service that is answering."""
    return floor().database


def service_name() -> Service:
    """Which of the three services is answering."""
    return floor().service


def keep(app: Flask, name: str, value: object) -> None:
    """Hand something to the views of this app under a name; `kept` gives it back."""
    floor(app).kept[name] = value


def kept(name: str) -> Any:
    """What the composition root kept under this name. Raises KeyError."""
    return floor().kept[name]


def public_link(service: Service, path: str) -> str:
    """The absolute address of a page, as a message needs it.

    Built from the configured origin, never from the Host header (ASVS 4.1.3).
    """
    return settings().public_url + PREFIX[service] + path  # type: ignore[no-any-return]


def page_link(service: Service, path: str) -> str:
    """The address of a page on this origin: what one page writes to lead to another.

    Without a host, so that a person who came by another name of this machine keeps their cookies.
    """
    return urlsplit(settings().public_url).path + PREFIX[service] + path  # type: ignore[no-any-return]
