"""A copy of a whole record is made only by somebody who has just signed in.

Passwords are the scheduler's; what intake can tell is how old the session is. So whoever signed in
longer ago is sent to sign in once more, and comes back.
"""

from datetime import datetime
from urllib.parse import urlencode

from shared.web.context import page_link
from shared.web.sessions import session_of_request


def fresh(now: datetime) -> bool:
    """Whether the password was given in the last ten minutes."""
    session = session_of_request()
    return session is not None and session.fresh(now)


def sign_in_again(back_to: str) -> str:
    """The address of the sign-in page that leads back to this page."""
    query = urlencode({"away": "1", "next": back_to})
    return f"{page_link('scheduler', '/staff/sign-in')}?{query}"
