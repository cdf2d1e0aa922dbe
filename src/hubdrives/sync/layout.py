"""Where things are in `.hubdrives`, the folder in which a working folder keeps what is known of it."""

from typing import Final

from hubdrives.paths import STATE_FOLDER

TMP: Final = f"{STATE_FOLDER}/tmp"  # noqa: S108 - our own folder, not the system's
"""Parts on their way; nothing in it is worth keeping."""

LOCK: Final = f"{STATE_FOLDER}/lock"
"""Who works here now."""

TAKING: Final = f"{STATE_FOLDER}/lock.taking"
"""Who removes the lock of a dead owner now."""

STATE: Final = f"{STATE_FOLDER}/state.json"
"""What the pulls brought."""

JOURNAL: Final = f"{STATE_FOLDER}/journal"
"""What a pull did since the state was written; there only while one runs, or was killed."""

LISTING: Final = f"{STATE_FOLDER}/listing.json"
"""The last snapshot, for asking the provider only what changed since. A cache."""

REPORT: Final = f"{STATE_FOLDER}/report.json"
"""What the last pull did."""

STORE: Final = f"{STATE_FOLDER}/store"
"""Upstream's side of conflicts."""

STORE_INDEX: Final = f"{STORE}/index.jsonl"
"""One line for each thing in it: what, when, why."""
