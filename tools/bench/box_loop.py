"""The plain loop over Box's official SDK that one writes first: one thing after the other.

To be run as `python -m bench.box_loop up URL TOKEN ROOT_ID NAME DIRECTORY`, or `down`.
"""

import shutil
import sys
from pathlib import Path

from box_sdk_gen import BaseUrls, BoxClient, BoxDeveloperTokenAuth, NetworkSession
from box_sdk_gen.managers.folders import CreateFolderParent
from box_sdk_gen.managers.uploads import UploadFileAttributes, UploadFileAttributesParentField


def main(direction: str, url: str, token: str, root: str, name: str, directory: str) -> None:
    """Bring a directory up as a new folder below the root, or what is in such a folder down into it."""
    urls = BaseUrls(base_url=url, upload_url=f"{url}/api", oauth_2_url=url)
    client = BoxClient(BoxDeveloperTokenAuth(token), network_session=NetworkSession(base_urls=urls))
    if direction == "up":
        up(client, root, name, Path(directory))
    else:
        items = client.folders.get_folder_items(root, limit=1000).entries or ()
        down(client, next(item.id for item in items if item.name == name), Path(directory))


def up(client: BoxClient, parent: str, name: str, directory: Path) -> None:
    folder = client.folders.create_folder(name, CreateFolderParent(id=parent)).id
    for path in sorted(directory.iterdir()):
        if path.is_dir():
            up(client, folder, path.name, path)
        else:
            attributes = UploadFileAttributes(name=path.name, parent=UploadFileAttributesParentField(id=folder))
            with path.open("rb") as file:
                client.uploads.upload_file(attributes, file)


def down(client: BoxClient, folder: str, directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for item in client.folders.get_folder_items(folder, limit=1000).entries or ():
        path = directory / item.name
        if item.type == "folder":
            down(client, item.id, path)
        else:
            content = client.downloads.download_file(item.id)
            with path.open("wb") as file:
                shutil.copyfileobj(content, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
