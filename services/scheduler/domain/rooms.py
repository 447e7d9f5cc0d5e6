"""Rooms, which several clinicians share: a visit in person needs one that is free throughout."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from services.scheduler.domain.interval import Interval, Minute, Minutes, intersection, merged

Rooms: TypeAlias = Mapping[int, Sequence[Interval]]
"""When each room is taken."""

_ALWAYS: Final = Interval(-(2**40), 2**40)


def without_room(rooms: Rooms, duration: Minutes) -> list[Interval]:
    """The starts at which none of the rooms is free for a whole visit; without rooms, all."""
    found = [_ALWAYS]
    for taken in rooms.values():
        found = intersection(
            found, merged(Interval(one.start - duration + 1, one.end) for one in taken)
        )
    return found


def free_rooms(rooms: Rooms, start: Minute, duration: Minutes) -> list[int]:
    """The rooms that are free from `start` on for a whole visit, in the order of their ids."""
    return [
        room
        for room in sorted(rooms)
        if not any(one.start < start + duration and start < one.end for one in rooms[room])
    ]


def among(rooms: Rooms, which: Iterable[int]) -> Rooms:
    """Those rooms alone; one that nobody uses is taken never."""
    return {room: rooms.get(room, ()) for room in which}
