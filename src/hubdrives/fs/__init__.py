"""What any provider has, as a file system of fsspec: for pandas, dask, pyarrow and everything else that takes a URL."""

from hubdrives.fs.filesystem import HubdrivesFileSystem
from hubdrives.fs.opening import open  # noqa: A004 - `hubdrives.open` is this one
from hubdrives.fs.telling import Changed

__all__ = ["Changed", "HubdrivesFileSystem", "open"]
