"""Where a form is sent from, cut down to what the record of a consent may hold."""

import ipaddress
from typing import Final
from urllib.parse import unquote

from flask import request

from services.intake.operations.responses import Sender
from shared.web import public_link, settings
from shared.zones import UnknownZone, zone

# In this order: each browser also names the ones it descends from.
_FAMILIES: Final = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
)


def sender() -> Sender:
    """The one who sends this request."""
    return Sender(
        practice=settings().practice.name,
        address=truncated(request.remote_addr or ""),
        browser=family(request.headers.get("User-Agent", "")),
        page=public_link("intake", request.path),
        zone=chosen_zone(),
    )


def truncated(address: str) -> str:
    """The network that the address is in: /24 of IPv4, /48 of IPv6; nothing for anything else."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    bits = 24 if found.version == 4 else 48
    return str(ipaddress.ip_network((found, bits), strict=False))


def family(user_agent: str) -> str:
    """The browser's name without its version: who it is nobody could tell from it."""
    return next((name for sign, name in _FAMILIES if sign in user_agent), "another")


def chosen_zone() -> str | None:
    """The time zone that the browser has told us, if it is one."""
    name = unquote(request.cookies.get("zone", ""))
    try:
        zone(name)
    except UnknownZone:
        return None
    return name
