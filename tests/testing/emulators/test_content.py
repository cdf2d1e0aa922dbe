import hashlib
import os

import pytest

from hubdrives.testing.emulators.content import CHUNK, Content, ContentChangedError


def on_disk(path):
    status = path.stat()
    return Content(size=status.st_size, path=path, mtime_ns=status.st_mtime_ns)


async def test_bytes_on_disk_and_in_memory_are_the_same_content_to_a_reader(tmp_path):
    data = os.urandom(CHUNK + 5)
    path = tmp_path / "a"
    path.write_bytes(data)
    for content in (Content.of(data), on_disk(path)):
        assert b"".join([chunk async for chunk in content.stream(3, CHUNK + 4)]) == data[3 : CHUNK + 4]
        assert content.read() == data
        expected = [hashlib.new(name, data).hexdigest() for name in ("md5", "sha1", "sha256")]
        assert [content.md5, content.sha1, content.sha256] == expected


async def test_a_file_on_disk_is_never_held_whole(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(bytes(3 * CHUNK))
    assert [len(chunk) async for chunk in on_disk(path).stream(0, 3 * CHUNK)] == [CHUNK] * 3


def test_digests_are_not_made_of_other_bytes_than_the_content_stands_for(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    content = on_disk(path)
    path.write_bytes(b"newer")
    with pytest.raises(ContentChangedError):
        content.hash()
