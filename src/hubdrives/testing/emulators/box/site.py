"""How the emulated Box is set up."""

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(slots=True)
class Site:
    """Settings that may be changed at any time.

    Attributes:
        part_size: of chunked uploads, bytes.
        chunked_minimum: the smallest file that may be uploaded in chunks, bytes.
        search_lag: seconds until what is new or was changed can be found.
        address_lifetime: of the signed addresses of contents, seconds.
        session_lifetime: of upload sessions, seconds.
        refuse_leaks: the host of the bytes refuses requests with a token. The real one doesn't, as rclone, which sends
            it everywhere, works with it; but who gives tokens to another host should learn of it.
    """

    part_size: int = 8 * MIB
    chunked_minimum: int = 20_000_000
    search_lag: float = 0.0
    address_lifetime: float = 900.0
    session_lifetime: float = 7 * 24 * 3600.0
    refuse_leaks: bool = True
