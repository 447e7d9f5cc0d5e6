"""Headers that every answer carries (ASVS 3.4.1-3.4.6, 14.3.1; L06)."""

from typing import Final

from flask import Flask, Response, request

from shared.web.context import settings

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; base-uri 'none'; object-src 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)

ALWAYS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # A link may hold a token: no other site learns the address that someone came from.
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "X-Robots-Tag": "noindex, nofollow",
}

ONE_YEAR: Final = "max-age=31536000; includeSubDomains"


def _add_headers(response: Response) -> Response:
    wanted = list(ALWAYS.items())
    if request.endpoint != "ui.static":
        wanted.append(("Cache-Control", "no-store"))
    if settings().secure:
        wanted.append(("Strict-Transport-Security", ONE_YEAR))
    # What a view has said itself stands. Looked through once: werkzeug does so for each name.
    present = {name.lower() for name, _ in response.headers}
    if "content-security-policy" in present:
        # X-Frame-Options can't name a site; whoever says a policy says there who may frame.
        wanted = [one for one in wanted if one[0] != "X-Frame-Options"]
    response.headers.extend([one for one in wanted if one[0].lower() not in present])
    return response


def init_headers(app: Flask) -> None:
    """Add them to every answer, errors and files included."""
    app.after_request(_add_headers)
