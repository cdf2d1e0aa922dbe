"""How one Canvas installation is set up: what differs from school to school, and from old to new versions."""

from dataclasses import dataclass
from typing import Literal


@dataclass(slots=True)
class Site:
    """Settings of the installation; they may be changed at any time.

    Attributes:
        bookmarks: pages of lists are named by bookmark (then only the last one has a link to the last), not by number.
        default_per_page, most_per_page: items on a page, when the client doesn't say and at most.
        forbidden: the status of a refusal to someone who is logged in: 403 now, 401 before the summer of 2022.
        verifiers: addresses of files hold a verifier that opens them; then they ignore access tokens, as old versions
            do. Else they take an access token.
        throttled: 403 or 429 once a bucket is full; None never throttles, but the headers are there.
        high_water: units that fill a bucket.
        leak: units a second that run out of it.
        up_front: units that each request holds while it is answered.
        request_cost: units that a request costs in the end; one of the token endpoint costs 200 more.
        address_lifetime: of the signed addresses of contents, seconds.
    """

    bookmarks: bool = True
    default_per_page: int = 10
    most_per_page: int = 100
    forbidden: Literal[401, 403] = 403
    verifiers: bool = False
    throttled: Literal[403, 429] | None = None
    high_water: float = 600.0
    leak: float = 10.0
    up_front: float = 50.0
    request_cost: float = 0.05
    address_lifetime: float = 300.0
