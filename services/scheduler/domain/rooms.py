"""Rooms, which several clinicians share: a visit in person needs one that is free throughout."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from services.scheduler.domain.availability import Busy
from services.scheduler.domain.interval import Minute, Minutes

Rooms: TypeAlias = Mapping[int, Sequence[Busy]]
"""When each room is taken."""


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
