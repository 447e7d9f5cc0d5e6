"""What every answer carries, and what the log says of it."""

import gzip
from hashlib import sha256

import pytest
import structlog
from structlog.testing import capture_logs

from shared.clock import utcnow
from tests.unit.web.floor import make_app, sign_in

PAGES = ["/page", "/nothing", "/broken", "/api/taken", "/staff/", "/healthz"]


@pytest.mark.parametrize("path", PAGES)
def test_l06_no_answer_lets_anything_in_from_elsewhere_or_is_kept(path: str):
    headers = make_app().test_client().get(path).headers

    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert "geolocation=()" in headers["Permissions-Policy"]


def test_tls_is_asked_for_only_where_there_is_tls():
    plain = make_app().test_client().get("/page").headers
    secure = make_app(public_url="https://harborlane.example").test_client().get("/page").headers

    assert "Strict-Transport-Security" not in plain
    assert secure["Strict-Transport-Security"].startswith("max-age=31536000")


def test_the_stylesheet_may_be_kept_for_as_long_as_it_stays_the_same():
    client = make_app().test_client()
    page = client.get("/page").text
    address = page.partition('<link rel="stylesheet" href="')[2].partition('"')[0]

    answer = client.get(address)

    assert "v=" in address
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_files_address_is_named_by_its_bytes_and_an_old_one_is_kept_by_nobody():
    client = make_app().test_client()
    page = client.get("/page").text
    address = page.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
    digest = sha256(client.get(address).data).hexdigest()

    assert address.endswith(f"?v={digest[:16]}")
    for old in ("/ui/app.css?v=0123456789abcdef", "/ui/app.css"):
        assert client.get(old).headers["Cache-Control"] == "no-cache"


def test_a_file_is_sent_packed_to_whoever_can_unpack_it():
    client = make_app().test_client()
    plain = client.get("/ui/app.css")
    packed = client.get("/ui/app.css", headers={"Accept-Encoding": "gzip"})
    again = client.get(
        "/ui/app.css", headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}
    )

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 3
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("path", ["../files.py", "..%2ffiles.py", "vendor", "%00", "nothing.css"])
def test_no_other_file_is_handed_out(path: str):
    assert make_app().test_client().get(f"/ui/{path}").status_code == 404


def test_health_says_nothing_about_versions():
    answer = make_app().test_client().get("/healthz")

    assert (answer.text, answer.content_type) == ("ok\n", "text/plain; charset=utf-8")


def test_l02_the_log_holds_the_rule_and_never_the_address():
    structlog.reset_defaults()
    with capture_logs() as lines:
        make_app().test_client().get("/t/a-secret-token?email=rowan@example.org")

    line = next(line for line in lines if line["event"] == "request")
    assert line["rule"] == "/t/<token>"
    assert line["status"] == 200
    assert line["ms"] >= 0
    assert "a-secret-token" not in str(lines)
    assert "rowan" not in str(lines)


def test_a_request_keeps_the_number_that_the_gateway_gave_it():
    answer = make_app().test_client().get("/page", headers={"X-Request-ID": "gate-00000001"})

    assert answer.headers["X-Request-ID"] == "gate-00000001"


def test_a_number_that_is_no_number_is_not_written_into_the_log():
    client = make_app().test_client()
    answer = client.get("/page", headers={"X-Request-ID": '"} injected {"'})

    assert answer.headers["X-Request-ID"].isalnum()


def test_links_never_follow_a_forged_host():
    """ASVS 4.1.3."""
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    client = make_app().test_client()

    assert "evil.example" not in client.get("/page", headers=headers).text
    assert "evil.example" not in str(client.get("/staff/", headers=headers).headers)


def test_links_follow_the_prefix_that_the_gateway_says():
    page = make_app().test_client().get("/page", headers={"X-Forwarded-Prefix": "/schedule"}).text

    assert 'href="/schedule/ui/app.css' in page


def test_while_someone_types_the_session_is_kept():
    client = make_app().test_client()
    stranger = client.get("/staff/still-here").status_code
    sign_in(client, started=utcnow())

    assert (stranger, client.get("/staff/still-here").status_code) == (303, 204)
