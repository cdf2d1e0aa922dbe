"""Canvas's throttle: for each token a bucket that fills with what its requests cost, and leaks.

https://canvas.instructure.com/doc/api/file.throttling.html
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hubdrives.testing.emulators.canvas.site import Site

_FULLEST = 200  # units above the mark that a bucket holds at most


@dataclass(slots=True)
class _Bucket:
    """How full it is, in units, and when that was worked out."""

    level: float
    seen: float


@dataclass(slots=True)
class Visit:
    """One request.

    Attributes:
        refused: the bucket was full when it came.
        cost: units that it costs when it is answered.
        headers: what its answer says; only after `Throttle.leave`.
    """

    bucket: _Bucket
    refused: bool
    cost: float
    reserved: float
    headers: Mapping[str, str] = field(default_factory=dict)
    done: bool = False


class Throttle:
    """The buckets."""

    def __init__(self, site: Site, *, clock: Callable[[], float]) -> None:
        self._site = site
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def enter(self, key: str, *, cost: float = 0.0) -> Visit:
        """Begin a request of whoever the key stands for; what it will cost at most is held back until it ends."""
        bucket = self._buckets.setdefault(key, _Bucket(0.0, self._clock()))
        self._add(bucket, self._site.up_front)
        full = self._site.throttled is not None and bucket.level >= self._site.high_water
        return Visit(bucket, full, self._site.request_cost + cost, self._site.up_front)

    def leave(self, visit: Visit) -> None:
        """End a request: what was held back is given back, what it cost is counted."""
        if visit.done:
            return
        visit.done = True
        self._add(visit.bucket, (0.0 if visit.refused else visit.cost) - visit.reserved)
        if visit.refused:
            return  # such an answer says for itself that nothing remains, and names no cost
        remaining = self._site.high_water - visit.bucket.level
        visit.headers = {"X-Request-Cost": str(visit.cost), "X-Rate-Limit-Remaining": str(remaining)}

    def _add(self, bucket: _Bucket, units: float) -> None:
        now = self._clock()
        leaked = max(0.0, bucket.level - self._site.leak * (now - bucket.seen))
        bucket.level = min(max(0.0, leaked + units), self._site.high_water + _FULLEST)
        bucket.seen = now
