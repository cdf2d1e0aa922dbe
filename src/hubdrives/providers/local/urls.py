"""What people write for a folder of this machine: an absolute path, or a file:// URL."""

import os.path
from urllib.parse import unquote, urlsplit

from hubdrives.errors import UnsupportedLink
from hubdrives.model import Location
from hubdrives.paths import relative

NAME = "local"


def parse(text: str) -> Location | None:
    """The location of an absolute path or file URL, None if it is neither.

    Raises:
        UnsupportedLink: a file URL of another machine, or one without an absolute path.
        BadPath: a name in it is none that a file system takes.
    """
    text = text.strip()
    if text.lower().startswith("file:"):
        url = urlsplit(text)
        if url.netloc not in {"", "localhost"} or not url.path.startswith("/"):
            raise UnsupportedLink(
                "This address names a folder of another machine.", hint="Write the path of a folder of this machine."
            )
        text = unquote(url.path)
    if not text.startswith("/"):
        return None
    # The path alone names the item, so that what is joined below it stays comparable.
    return Location(provider=NAME, path=relative(os.path.normpath(text).lstrip("/")))
