"""Passwords that the staff may not choose, and that they are told why."""

import pytest

from services.scheduler.domain.errors import WeakPassword
from services.scheduler.domain.password import check_password

NAMES = ("Dana Whitlock", "dana.whitlock@example.org")


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("fourteen chars", "at least 15"),
        ("x" * 201, "at most 200"),
        ("Password Password", "Others use this too"),
        ("correct horse battery staple", "Others use this too"),
        ("abcabcabcabcabcabc", "Others use this too"),
        ("dana whitlock 2026", "Your name or address"),
        ("dana.whitlock@example.org", "Your name or address"),
    ],
)
def test_a_weak_password_is_refused_with_what_to_do(password, said):
    with pytest.raises(WeakPassword, match=said):
        check_password(password, names=NAMES)


@pytest.mark.parametrize(
    "password",
    ["seven quiet herons at dusk", "ключ под третьим камнем", "🦉" * 5 + " by the old mill"],
)
def test_a_long_password_of_ones_own_is_fine_in_any_script(password):
    check_password(password, names=NAMES)
