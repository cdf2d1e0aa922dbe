"""There and back again, over random trees: what `undo` promises."""

import asyncio
import shutil
import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.folder.world import World
from tests.sync.breaking import Breaking, Died, Quick, die
from tests.sync.source import Tree, hidden

from hubdrives.choice import Choice
from hubdrives.model import Policy
from hubdrives.sync.disk import Calls

LINES = st.lists(st.sampled_from([b"1\n", b"2\n", b"3\n", b"4\n"]), max_size=4).map(b"".join)
PATHS = st.sampled_from(["a", "b.txt", "a/b.txt", "a/c", "d", "d/a.txt", "d/a/x"])


def tree_without_contradictions(tree: Tree) -> Tree:
    """`tree` without what is below a file or is a file and a folder."""
    above = {str(parent) for path in tree for parent in Path(path).parents}
    return {path: content for path, content in tree.items() if path not in above}


TREES = st.dictionaries(PATHS, st.one_of(LINES, LINES, st.none()), max_size=6).map(tree_without_contradictions)


class Story(World):
    """A world in a folder of its own, in which the user does what comes to hypothesis' mind."""

    def edit(self, tree: Tree) -> None:
        """The user has `tree` at its paths, whatever stood there or above."""
        for path, content in tree.items():
            file = self.target / path
            for parent in reversed(Path(path).parents[:-1]):
                if (self.target / parent).is_file():
                    (self.target / parent).unlink()
            if file.is_dir():
                shutil.rmtree(file)
            file.unlink(missing_ok=True)
            if content is not None:
                self.write({path: b"mine\n" + content})
            elif len(path) % 2:
                self.write({path: None})


@settings(max_examples=50)
@given(first=TREES, user=TREES, second=TREES, names=st.tuples(PATHS, PATHS), policy=st.sampled_from(Policy))
@example({"a/c": b"2\n"}, {"a/c": b""}, {"a/c": None, "a/b.txt": b"2\n"}, ("d", "d"), Policy.MINE)
@example({"d/a.txt": b"4\n"}, {"d/a.txt": b""}, {"a/b.txt": b"4\n", "d": b"4\n"}, ("a", "a"), Policy.MINE)
def test_undo_is_before_undo_again_is_after_and_the_next_pull_goes_on(first, user, second, names, policy):
    asyncio.run(there_and_back(first, user, second, names, Choice(policy=policy), Quick()))


@settings(max_examples=25)
@given(first=TREES, user=TREES, second=TREES, names=st.tuples(PATHS, PATHS), at=st.integers(1, 50))
@example({"a/c": b"2\n"}, {"a/c": b"2\n"}, {"b.txt": None, "a/c": b"", "d/a/x": b"1\n"}, ("d", "d"), 43)
@example({"d/a/x": b"2\n"}, {}, {"b.txt": b"2\n", "a/c": None, "d/a/x": None, "a/b.txt": b"4\n"}, ("d", "d"), 21)
def test_a_pull_that_was_killed_and_continued_is_undone_as_one(first, user, second, names, at):
    asyncio.run(there_and_back(first, user, second, names, Choice(), Breaking(at, die)))


async def there_and_back(
    first: Tree, user: Tree, second: Tree, names: tuple[str, str], choice: Choice, calls: Calls
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        story = Story(Path(folder) / "course", first)
        await story.pull()
        story.edit(user)
        story.source.tree = dict(second)
        if story.source.tree.keys().isdisjoint(names[1:]):
            story.source.rename(*names)
            story.source.tree = tree_without_contradictions(story.source.tree)
        before, looks = story.tree, story.looks
        try:
            assert (await story.pull(choice=choice, calls=calls)).failed == []
        except Died:
            (story.target / ".hubdrives/lock").unlink(missing_ok=True)
            assert (await story.pull(choice=choice)).failed == []
        after = story.tree
        if after != before:
            assert (await story.undo()).failed == []
            assert story.tree == before
            assert story.looks == looks
            assert (await story.undo()).failed == []
            assert story.tree == after
            await nothing_to_do(story, choice)
            await story.undo()
            assert story.tree == before
        await story.pull(choice=choice)
        again = {path: content for path, content in story.tree.items() if "__" not in path}
        assert again == {path: content for path, content in after.items() if "__" not in path}
        await nothing_to_do(story, choice)
        wrote = {content for path, content in before.items() if content and content.startswith(b"mine")}
        assert wrote <= set(story.tree.values()) | hidden(story.target)


async def nothing_to_do(story: Story, choice: Choice) -> None:
    before, reads = story.tree, len(story.source.reads)
    await story.pull(choice=choice)
    assert (story.tree, len(story.source.reads)) == (before, reads)
