"""Who of several is asked first, so that each gets their share of what anyone could take (P24)."""

from collections.abc import Mapping
from typing import Final

FURTHEST_BELOW: Final = "pool: furthest below its share"
NEXT_FREE: Final = "pool: the next who was free"


def order(counts: Mapping[int, int], weights: Mapping[int, int]) -> list[int]:
    """Hosts by how far they are below their share, furthest first, the lower id on a tie.

    `counts` has every host with what they have ahead; a weight that is not given is 1. One more
    goes to the smallest (2 n + 1) / weight, which is Webster's rule of apportionment: shares stay
    within one of the target, and the order of two hosts does not depend on a third, so that one
    order holds for every start, whoever is free at it.
    """
    return sorted(counts, key=lambda host: ((2 * counts[host] + 1) / weights.get(host, 1), host))
