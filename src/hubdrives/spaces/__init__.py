"""A folder for each user of the hub, in a service's storage and shared with that user.

async with open_spaces("results") as spaces:
    ensured = await spaces.ensure("alice")
    await ensured.space.put(b"17.3", "runs/1/result.txt")
"""

from hubdrives.spaces.opening import list_spaces, mounted, open_spaces
from hubdrives.spaces.people import People, Person
from hubdrives.spaces.space import Space
from hubdrives.spaces.spaces import Ensured, Failed, Spaces, SpacesReport

__all__ = [
    "Ensured",
    "Failed",
    "People",
    "Person",
    "Space",
    "Spaces",
    "SpacesReport",
    "list_spaces",
    "mounted",
    "open_spaces",
]
