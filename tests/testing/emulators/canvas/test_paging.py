"""Pages, sorting, and what a list can be asked for."""

import pytest


async def walk(client, answer):
    names = list(answer.names)
    while answer.next:
        answer = await client.get(answer.next)
        names += answer.names
    return names


async def test_a_page_has_ten_items_unless_more_are_asked_for_and_a_hundred_at_most(canvas, client, plant):
    for number in range(120):
        plant(f"{number:03}.txt")
    sizes = [len((await client.files(**asked)).json) for asked in ({}, {"per_page": 50}, {"per_page": 1000})]
    assert sizes == [10, 50, 100]
    assert len((await client.files(per_page=0)).json) == 10
    canvas.site.most_per_page = 50
    assert len((await client.files(per_page=100)).json) == 50


async def test_the_header_is_in_small_letters_and_its_addresses_are_whole(canvas, client, plant):
    for number in range(3):
        plant(f"{number}.txt")
    async with client.session.get(
        f"{canvas.url}/api/v1/courses/{canvas.course.id}/files?per_page=2&sort=size", headers=client.bearer
    ) as response:
        assert b"link" in [name for name, _value in response.raw_headers]
    links = {name: str(link["url"]) for name, link in response.links.items()}
    assert links.keys() == {"current", "next", "first"}
    assert links["next"].startswith(f"{canvas.url}/api/v1/courses/{canvas.course.id}/files?sort=size&page=bookmark")
    assert links["next"].endswith("per_page=2")


async def test_the_access_token_of_an_address_is_not_in_the_next(canvas, client, plant):
    plant("a.txt"), plant("b.txt")
    answer = await client.send(
        "GET", f"/api/v1/courses/{canvas.course.id}/files", params={"access_token": client.token, "per_page": "1"}
    )
    assert answer.names == ["a.txt"]
    assert client.token not in answer.headers["link"]


@pytest.mark.parametrize("bookmarks", [True, False])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 4])
async def test_pages_hold_each_item_once(canvas, client, plant, bookmarks, count):
    canvas.site.bookmarks = bookmarks
    for number in range(count):
        plant(f"{number}.txt")
    answer = await client.files(per_page=2)
    assert await walk(client, answer) == [f"{number}.txt" for number in range(count)]
    assert canvas.requests.by_operation["files.list"] == max(1, -(-count // 2))
    assert ("last" in answer.links) is (not bookmarks or count <= 2)


async def test_numbered_pages_shift_when_an_item_goes_and_bookmarked_ones_do_not(canvas, client, plant):
    for bookmarks, expected in ((True, ["2.txt", "3.txt"]), (False, ["3.txt"])):
        canvas.site.bookmarks = bookmarks
        nodes = [plant(f"{number}.txt") for number in range(4)]
        answer = await client.files(per_page=2)
        canvas.tree.delete(nodes[0].id)
        assert (await client.get(answer.next)).names == expected
        for node in nodes[1:]:
            canvas.tree.delete(node.id)


async def test_a_page_past_the_end_is_empty_and_one_that_never_was_is_missing(canvas, client, plant):
    plant("a.txt")
    assert (await client.files(page="bookmark:nonsense")).status == 404
    canvas.site.bookmarks = False
    assert (await client.files(page="7")).json == []
    assert (await client.files(page="0")).status == 404
    assert (await client.files(page="x")).status == 404


@pytest.mark.parametrize("bookmarks", [True, False])
@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("sort", ["name", "size", "created_at", "updated_at", "content_type", "user"])
async def test_a_list_is_sorted_as_one_asks(canvas, client, plant, clock, sort, order, bookmarks):
    canvas.site.bookmarks = bookmarks
    for name, size in (("b.txt", 3), ("C.pdf", 1), ("a.csv", 2), ("d.txt", 3)):
        clock.now += 1
        plant(name, "x" * size)
    clock.now += 1
    canvas.tree.rename((await canvas.find("b.txt")).id, "B.txt")
    found = await walk(client, await client.files(sort=sort, order=order, per_page=1))
    expected = {
        "name": ["a.csv", "B.txt", "C.pdf", "d.txt"],
        "user": ["a.csv", "B.txt", "C.pdf", "d.txt"],
        "size": ["C.pdf", "a.csv", "B.txt", "d.txt"],
        "created_at": ["B.txt", "C.pdf", "a.csv", "d.txt"],
        "updated_at": ["C.pdf", "a.csv", "d.txt", "B.txt"],
        "content_type": ["C.pdf", "a.csv", "B.txt", "d.txt"],
    }[sort]
    assert found == (expected if order == "asc" else expected[::-1])


async def test_a_list_can_be_narrowed(canvas, client, plant):
    for name in ("Notes.txt", "data.csv", "plot.png", "notes.pdf"):
        plant(name)
    assert (await client.files(search_term="note")).names == ["notes.pdf", "Notes.txt"]
    assert (await client.files(search_term="n")).status == 400
    assert (await client.files(**{"content_types[]": "image"})).names == ["plot.png"]
    assert (await client.files(**{"content_types[]": ["image", "text/csv"]})).names == ["data.csv", "plot.png"]
    assert (await client.files(**{"exclude_content_types[]": "text"})).names == ["notes.pdf", "plot.png"]
    (first, *_) = (await client.files(**{"only[]": "names"})).json
    assert first.keys() == {"id", "uuid", "folder_id", "display_name", "filename"}
