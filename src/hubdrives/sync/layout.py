"""Where things are in `.hubdrives`, the folder in which a working folder keeps what is known of it."""

from typing import Final

from hubdrives.paths import STATE_FOLDER

TMP: Final = f"{STATE_FOLDER}/tmp"  # noqa: S108 - our own folder, not the system's
"""Parts on their way; nothing in it is worth keeping."""

LOCK: Final = f"{STATE_FOLDER}/lock"
"""Who works here now."""

STATE: Final = f"{STATE_FOLDER}/state.json"
"""What the pulls brought."""

JOURNAL: Final = f"{STATE_FOLDER}/journal"
"""What a pull did since the state was written; there only while one runs, or was killed."""

LISTING: Final = f"{STATE_FOLDER}/listing.json"
"""The last snapshot, for asking the provider only what changed since. A cache."""

REPORT: Final = f"{STATE_FOLDER}/report.json"
"""What the last pull did."""

INDEX: Final = f"{STATE_FOLDER}/index"
"""How the files looked when all was settled, for finding out fast that nothing is new. A cache."""

BASES: Final = f"{STATE_FOLDER}/bases"
"""Upstream's bytes of files that can be merged, compressed, by their digest."""

STORE: Final = f"{STATE_FOLDER}/store"
"""For each deed a folder: the files as they were `before`, and `upstream`'s that did not take their place."""

DEED: Final = "deed.json"
"""In such a folder: what was done, when, and how to take it back."""
