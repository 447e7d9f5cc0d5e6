"""The keys in the environment."""

from base64 import b64encode

import pytest

from shared.crypto import BadKeyring, Keyring


def test_a_generated_keyring_is_read_back() -> None:
    ring = Keyring.from_text(Keyring.generate_text())

    assert ring.current == 1
    assert len(ring.index_key) == 32


def test_the_first_numbered_key_is_the_current_one() -> None:
    old, new, index = (b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3))

    ring = Keyring.from_text(f"2:{new},1:{old},index:{index}")

    assert ring.current == 2
    assert set(ring.keys) == {1, 2}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "1:short",
        f"1:{b64encode(b'k' * 32).decode()}",
        "index:" + "A" * 43 + "=",
        "x:" + "A" * 43 + "=",
    ],
)
def test_keys_that_cannot_be_used_are_refused_by_the_name_of_the_setting(text: str) -> None:
    with pytest.raises(BadKeyring, match="ENCRYPTION_KEYS"):
        Keyring.from_text(text)
