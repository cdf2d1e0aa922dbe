import pytest

from hubdrives.providers.seafile.identity import BLOCK, FileId, file_id
from hubdrives.testing.emulators.content import Content
from hubdrives.testing.emulators.seafile.store import id_of


def test_the_id_is_the_one_that_seafile_gives():
    assert file_id(b"hello world\n") == "a2223a08dae418d78cd1070b674325969cfbef75"
    assert file_id(b"") == "0" * 40


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 7])
@pytest.mark.parametrize("step", [1 << 20, BLOCK, 3 * BLOCK, 999_983])
def test_the_id_does_not_depend_on_the_pieces_in_which_bytes_come(size, step):
    data = bytes(range(251)) * (size // 251 + 1)
    data = data[:size]
    found = FileId()
    for start in range(0, size, step):
        found.update(data[start : start + step])
    assert found.hexdigest() == id_of(Content.of(data))
