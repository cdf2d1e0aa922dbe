import pytest

from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.tree import FILE, Tree


@pytest.fixture
def tree():
    return Tree(clock=lambda: 1000.0)


def test_an_edit_keeps_the_id_and_makes_a_new_revision_and_version(tree):
    top = tree.add("top")
    old = tree.add_file("a", "1", parent=top.id)
    new = tree.replace(old.id, Content.of("2"), modified=2000.0)
    assert (new.id, new.version, new.modified) == (old.id, old.version + 1, 2000.0)
    assert new.revision != old.revision
    assert tree[old.id].content == Content.of("2")


def test_renaming_and_moving_keep_id_and_revision(tree):
    top, other = tree.add("top"), tree.add("other")
    old = tree.add_file("a", "1", parent=top.id)
    tree.rename(old.id, "b")
    new = tree.move(old.id, other.id)
    assert (new.id, new.name, new.revision, new.parents) == (old.id, "b", old.revision, (other.id,))
    assert tree.children(top.id) == []
    assert tree.children(other.id) == [new]


def test_what_is_below_a_trashed_folder_is_in_the_trash_without_being_trashed_itself(tree):
    top = tree.add("top")
    file = tree.add_file("a", "1", parent=top.id)
    tree.trash(top.id)
    assert tree.in_trash(file.id)
    assert not tree[file.id].trashed
    tree.restore(top.id)
    assert not tree.in_trash(file.id)


def test_deleting_a_folder_removes_all_below_it_and_logs_each(tree):
    top = tree.add("top")
    folder = tree.add("folder", parent=top.id)
    file = tree.add_file("a", "1", parent=folder.id)
    tree.delete(folder.id)
    assert set(tree.nodes) == {top.id}
    assert {each.node for each in tree.log if each.removed} == {folder.id, file.id}
    assert all(top.id in each.lineage for each in tree.log if each.removed)


def test_the_log_counts_from_one_and_names_where_a_moved_node_was_and_is(tree):
    one, two = tree.add("one"), tree.add("two")
    file = tree.add_file("a", "1", parent=one.id)
    tree.move(file.id, two.id)
    assert [each.sequence for each in tree.log] == [1, 2, 3, 4]
    assert tree.log[-1].lineage == {file.id, one.id, two.id}


def test_equal_names_may_stand_beside_each_other(tree):
    top = tree.add("top")
    pair = [tree.add_file("same", text, parent=top.id) for text in "ab"]
    assert [each.id for each in tree.children(top.id)] == [each.id for each in pair]


def test_a_node_can_have_several_parents(tree):
    one, two = tree.add("one"), tree.add("two")
    file = tree.add_file("a", "1", parent=one.id)
    tree.move(file.id, one.id, two.id)
    assert tree.children(one.id) == tree.children(two.id) == [tree[file.id]]


def test_a_path_of_names_leads_to_a_node_or_to_an_error(tree):
    top = tree.add("top")
    folder = tree.add("folder", parent=top.id)
    file = tree.add("a", parent=folder.id, kind=FILE, content=Content.of(""))
    assert tree.find("folder", "a", under=top.id) == file
    with pytest.raises(LookupError, match="'b'"):
        tree.find("folder", "b", under=top.id)
