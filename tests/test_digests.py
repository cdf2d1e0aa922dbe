"""Digests of bytes."""

import hashlib
import os

import pytest

from hubdrives import digests


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (1 << 20) + 7])
def test_a_file_is_read_once_for_all_its_digests(tmp_path, size):
    content = os.urandom(size)
    (tmp_path / "file").write_bytes(content)
    assert digests.of_file(tmp_path / "file", "md5", "sha256") == {
        "md5": f"md5:{hashlib.md5(content).hexdigest()}",
        "sha256": f"sha256:{hashlib.sha256(content).hexdigest()}",
    }


def test_an_open_descriptor_stays_open(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    descriptor = os.open(tmp_path / "file", os.O_RDONLY)
    try:
        assert digests.of_file(descriptor, "sha1")["sha1"] == f"sha1:{hashlib.sha1(b'abc').hexdigest()}"
        os.fstat(descriptor)
    finally:
        os.close(descriptor)


def test_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        digests.of_file(tmp_path / "none", "md5")


def test_the_algorithm_stands_before_the_colon():
    assert digests.algorithm_of("sha256:abc") == "sha256"


def test_an_unknown_algorithm_is_an_error():
    with pytest.raises(ValueError, match="quick"):
        digests.hasher("quickxor")
