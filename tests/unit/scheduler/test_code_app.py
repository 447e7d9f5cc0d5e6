"""Codes by the clock, and recovery codes: what is typed, and how it is read."""

from datetime import UTC, datetime

import pyotp
import pytest

from services.scheduler.domain.code_app import (
    bare,
    is_code,
    new_recovery_code,
    plain_recovery_code,
    step_of,
)
from services.scheduler.domain.device import in_words


@pytest.mark.parametrize(
    ("second", "code"), [(59, "287082"), (1111111109, "081804"), (2000000000, "279037")]
)
def test_the_steps_are_those_of_rfc_6238_appendix_b(second: int, code: str):
    app = pyotp.TOTP("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")

    assert app.generate_otp(step_of(datetime.fromtimestamp(second, UTC))) == code


@pytest.mark.parametrize("typed", ["123456", " 123 456 ", "123-456"])
def test_six_digits_are_a_code_however_they_are_spaced(typed: str):
    assert is_code(typed)
    assert bare(typed) == "123456"


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "١٢٣٤٥٦"])
def test_anything_else_is_none(typed: str):
    assert not is_code(typed)


def test_a_recovery_code_is_read_as_it_was_meant():
    code = new_recovery_code()

    assert len(plain_recovery_code(code)) == 24
    assert plain_recovery_code(code.lower().replace("-", " ")) == plain_recovery_code(code)
    assert plain_recovery_code("oIl") == "011"
    assert len({new_recovery_code() for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Firefox/140.0", "Firefox on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X) Version/18.0 Safari/605", "Safari on a Mac"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("python-requests/2.34", "A program"),
        ("", "A program"),
    ],
)
def test_a_browser_in_plain_words(agent: str, said: str):
    assert in_words(agent) == said
