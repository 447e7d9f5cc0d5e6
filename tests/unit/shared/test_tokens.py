"""Links and passes."""

import pytest

from shared.tokens import (
    BadServiceToken,
    check_service_token,
    derived_token,
    new_token,
    service_token,
    token_sha256,
)

KEY = "a-service-key-for-tests-that-is-long"


def test_a_new_token_has_at_least_128_bits_and_is_kept_as_a_hash_only() -> None:
    token = new_token()

    assert len(token) * 6 >= 128
    assert token != new_token()
    assert len(token_sha256(token)) == 32


def test_a_derived_link_can_be_written_again_and_is_bound_to_each_of_its_parts() -> None:
    link = derived_token("secret", "manage", "appointment", "person", 1)

    assert link == derived_token("secret", "manage", "appointment", "person", 1)
    others = {
        derived_token("secret", "cancel", "appointment", "person", 1),
        derived_token("secret", "manage", "appointment", "person", 2),
        derived_token("secret", "manage", "appointmentperson", "", 1),
        derived_token("other", "manage", "appointment", "person", 1),
    }
    assert link not in others
    assert len(others) == 4


def test_a_service_token_opens_only_its_audience() -> None:
    token = service_token(KEY, issuer="notifier", audience="intake")

    assert check_service_token(KEY, token, audience="intake") == "notifier"
    with pytest.raises(BadServiceToken):
        check_service_token(KEY, token, audience="scheduler")


def test_a_service_token_of_another_key_or_of_long_ago_is_refused() -> None:
    token = service_token(KEY, issuer="notifier", audience="intake")

    with pytest.raises(BadServiceToken):
        check_service_token("another-key-another-key-another-key", token, audience="intake")
    with pytest.raises(BadServiceToken):
        check_service_token(KEY, token, audience="intake", max_age=-1)
    with pytest.raises(BadServiceToken):
        check_service_token(KEY, token + "x", audience="intake")
