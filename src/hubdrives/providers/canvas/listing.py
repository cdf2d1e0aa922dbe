"""Everything in a course, group or user's files, by the fewest requests: two flat lists, whatever the depth."""

from hubdrives.errors import BadCredential, Forbidden
from hubdrives.providers.canvas import modules
from hubdrives.providers.canvas.api import Api
from hubdrives.providers.canvas.item import File
from hubdrives.providers.canvas.tree import Tree
from hubdrives.sync.tasks import group


async def fetch(api: Api, context: str) -> Tree:
    """What is there: one request for each 100 files and one for each 100 folders.

    A course whose Files page is closed to this account has the files that its modules lead to.

    Raises:
        Forbidden: this account may see no files there. That is never told as "there are none".
        NotFound: nothing there.
    """
    try:
        tree = await _listed(api, context)
        # Lists are no snapshot: a file may have come with a folder that was too new for the other list.
        if any(isinstance(item, File) for item in tree.strays):
            tree = await _listed(api, context)
    except BadCredential:
        raise
    except Forbidden:
        closed = Forbidden(
            "This account may not see the files there in Canvas.",
            hint="Ask the teacher to open the course's Files page, or to put the files into a module.",
        )
        if not context.startswith("courses/"):
            raise closed from None
        try:
            tree = await modules.fetch(api, context)
        except BadCredential:
            raise
        except Forbidden:
            raise closed from None
    return tree


async def _listed(api: Api, context: str) -> Tree:
    async with group() as tasks:
        folders, files = tasks.create_task(api.folders(context)), tasks.create_task(api.files(context))
    return Tree(folders.result(), files.result())
