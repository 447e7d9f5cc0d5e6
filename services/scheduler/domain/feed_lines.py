"""The content lines of a calendar's feed, looked at before any library reads them (RFC 5545, 3.1).

Libraries are kind: they take a feed that was cut off in the middle, skip a line that they can not
read, and work for hours on a rule that repeats every second. Kindness here means that somebody's
busy hour counts as free. So whatever is not whole is named first.
"""

import re
from collections.abc import Iterator
from typing import Final

from services.scheduler.domain.outside import Trouble

MAX_LINES: Final = 400_000


_BREAK: Final = re.compile(r"\r\n|\n|\r")
_LINE: Final = re.compile(
    r"""(?P<name>[A-Za-z0-9-]+)
        (?:;[A-Za-z0-9-]+=(?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)*
        :(?P<value>.*)""",
    re.VERBOSE | re.DOTALL,
)
_LISTS: Final = {
    "BYSECOND": r"\d{1,2}",
    "BYMINUTE": r"\d{1,2}",
    "BYHOUR": r"\d{1,2}",
    "BYDAY": r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)",
    "BYMONTHDAY": r"[+-]?\d{1,2}",
    "BYYEARDAY": r"[+-]?\d{1,3}",
    "BYWEEKNO": r"[+-]?\d{1,2}",
    "BYMONTH": r"\d{1,2}",
    "BYSETPOS": r"[+-]?\d{1,3}",
}
_PARTS: Final = {
    "FREQ": re.compile(r"SECONDLY|MINUTELY|HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY"),
    "UNTIL": re.compile(r"\d{8}(T\d{6}Z?)?"),
    # Outlook writes COUNT=-1 where it means without end.
    "COUNT": re.compile(r"-?\d{1,9}"),
    "INTERVAL": re.compile(r"\d{1,6}"),
    "WKST": re.compile(r"MO|TU|WE|TH|FR|SA|SU"),
    **{name: re.compile(rf"{one}(,{one})*") for name, one in _LISTS.items()},
}
_MOST_TIMES_A_DAY: Final = 96


def unfolded(text: str) -> list[str]:
    """Whole content lines without the empty ones: a line that begins with a blank goes on."""
    lines: list[list[str]] = []
    for line in _BREAK.split(text):
        if line[:1] in (" ", "\t") and lines:
            lines[-1].append(line[1:])
        else:
            lines.append([line])
    return [whole for whole in ("".join(parts) for parts in lines) if whole.strip()]


def troubles(lines: list[str]) -> Iterator[Trouble]:
    """What is wrong with the lines, one for each: open ends, broken lines, rules out of hand."""
    opened: list[str] = []
    for line in lines:
        found = _LINE.fullmatch(line)
        if found is None:
            yield Trouble.BAD_LINE
        else:
            wrong = _wrong(found["name"].upper(), found["value"].strip().upper(), opened)
            if wrong:
                yield wrong
    if opened:
        yield Trouble.CUT_OFF


def _wrong(name: str, value: str, opened: list[str]) -> Trouble | None:
    """What is wrong with one line inside of what is open, which it may open or close."""
    if name == "BEGIN":
        opened.append(value)
        if value == "VAVAILABILITY":  # RFC 7953: busy but for what it names
            return Trouble.UNKNOWN_KIND
        return None if opened[0] == "VCALENDAR" else Trouble.CUT_OFF
    if name == "END":
        return None if opened and opened.pop() == value else Trouble.CUT_OFF
    if not opened:
        return Trouble.BAD_LINE
    if name in ("RRULE", "EXRULE"):
        return rule_trouble(value, of_zone="VTIMEZONE" in opened)
    return None


def rule_trouble(rule: str, *, of_zone: bool = False) -> Trouble | None:
    """What is wrong with a recurrence rule (RFC 5545, 3.3.10), or None.

    A misspelt part is no rule: `UNTL=` would repeat for ever, or never. The years of a time zone
    repeat by the year or month, and nobody is busy anew every minute.
    """
    parts = [part.partition("=") for part in rule.strip(";").split(";")]
    names = [name for name, _, _ in parts]
    if len({*names}) < len(names) or "FREQ" not in names:
        return Trouble.BAD_RULE
    for name, _, value in parts:
        if name not in _PARTS or not _PARTS[name].fullmatch(value):
            return Trouble.BAD_RULE
    values = {name: value for name, _, value in parts}
    if int(values.get("INTERVAL", "1")) == 0:
        return Trouble.BAD_RULE
    if values["FREQ"] in ("SECONDLY", "MINUTELY"):
        return Trouble.TOO_MUCH
    if of_zone and values["FREQ"] not in ("YEARLY", "MONTHLY"):
        return Trouble.TOO_MUCH
    times = 1
    for name in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        times *= values.get(name, "").count(",") + 1
    return Trouble.TOO_MUCH if times > _MOST_TIMES_A_DAY else None
