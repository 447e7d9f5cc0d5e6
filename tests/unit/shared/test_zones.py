"""Zones come from the pinned data, and have names that people know."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest

from shared import zones
from shared.zones import UnknownZone, ZoneDataTooOld, use_pinned_zones, zone, zone_names, zone_title


def test_vancouver_keeps_summer_time_all_year_by_the_rules_of_2026() -> None:
    call = datetime(2026, 12, 1, 10, tzinfo=zone("America/Vancouver"))

    assert call.astimezone(UTC) == datetime(2026, 12, 1, 17, tzinfo=UTC)


def test_older_zone_data_is_refused_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    class Older(ZoneInfo):
        """Vancouver as it was until 2025."""

        def utcoffset(self, _dt: datetime | None, /) -> timedelta:
            return timedelta(hours=-8)

        def fromutc(self, dt: datetime, /) -> datetime:
            return dt - timedelta(hours=8)

    def older(name: str) -> tzinfo:
        return Older.no_cache(name)

    older.clear_cache = ZoneInfo.clear_cache  # type: ignore[attr-defined]
    monkeypatch.setattr(zones, "ZoneInfo", older)

    with pytest.raises(ZoneDataTooOld, match="older than 2026"):
        use_pinned_zones()


@pytest.mark.parametrize("name", ["EST", "Etc/GMT+5", "Mars/Olympus", "", "../etc/passwd", "local"])
def test_what_is_not_the_name_of_a_place_is_refused(name: str) -> None:
    with pytest.raises(UnknownZone):
        zone(name)


def test_a_zone_is_named_in_words() -> None:
    assert zone_title("America/New_York") == "Eastern Time (New York)"
    assert zone_title("Asia/Kolkata") == "India Time (Kolkata)"
    assert zone_title("UTC") == "Coordinated Universal Time"


def test_every_accepted_zone_has_a_title() -> None:
    assert all(zone_title(name) for name in zone_names())
