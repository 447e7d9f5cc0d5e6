"""Which sites may frame the card: exact origins, for they go into a header as they stand."""

import pytest

from services.intake.domain.embedding import (
    MOST_SITES,
    NotASite,
    frame_ancestors,
    one_a_line,
    read_origins,
)


def test_sites_are_read_one_a_line_and_each_is_kept_once():
    text = " https://Harborlane.example/\r\n\nhttps://www.harborlane.example:8443\nhttps://harborlane.example\n"

    origins = read_origins(text)

    assert origins == ("https://harborlane.example", "https://www.harborlane.example:8443")
    assert read_origins(one_a_line(origins)) == origins
    assert frame_ancestors(origins) == f"frame-ancestors {' '.join(origins)}"


def test_without_a_site_nobody_may_frame():
    assert frame_ancestors(read_origins(" \n")) == "frame-ancestors 'none'"


@pytest.mark.parametrize(
    "line",
    [
        "https://*.example.com",
        "*",
        "https:",
        "https://example",
        "http://www.example.com",
        "https://www.example.com/page",
        "https://www.example.com; script-src *",
        "https://www.example.com https://other.example",
        "https://www.example.com\x0bX",
        "'self'",
        "data:",
        "https://" + "a." * 120 + "example",
    ],
)
def test_what_is_wider_than_one_origin_or_no_origin_is_refused(line: str):
    with pytest.raises(NotASite):
        read_origins(line)


def test_there_are_only_so_many():
    with pytest.raises(NotASite):
        read_origins("\n".join(f"https://n{n}.example" for n in range(MOST_SITES + 1)))
