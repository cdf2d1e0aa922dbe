"""The plain loop over Globus' official SDK and requests that one writes first: one thing after the other.

To be run as `python -m bench.globus_loop CLIENT_ID CLIENT_SECRET COLLECTION PATH DIRECTORY`. The SDK's own variables,
GLOBUS_SDK_SERVICE_URL_AUTH and ..._TRANSFER, say where the emulated Globus is.
"""

import sys
from pathlib import Path
from urllib.parse import quote

import requests
from globus_sdk import AccessTokenAuthorizer, ConfidentialAppAuthClient, TransferClient

_TRANSFER = "transfer.api.globus.org"
_SCOPES = "https://auth.globus.org/scopes"
_SECONDS = 60


def main(client_id: str, secret: str, collection: str, path: str, directory: str) -> None:
    """Bring a folder of a collection down."""
    data = f"[*{_SCOPES}/{collection}/data_access]"
    scopes = [f"urn:globus:auth:scope:{_TRANSFER}:all{data}", f"{_SCOPES}/{collection}/https{data}"]
    answer = ConfidentialAppAuthClient(client_id, secret).oauth2_client_credentials_tokens(scopes)
    tokens = {server: each["access_token"] for server, each in answer.by_resource_server.items()}
    transfer = TransferClient(authorizer=AccessTokenAuthorizer(tokens[_TRANSFER]))
    server = transfer.get_endpoint(collection)["https_server"]
    with requests.Session() as https:
        https.headers["Authorization"] = f"Bearer {tokens[collection]}"
        down(transfer, https, collection, server, path, Path(directory))


def down(
    transfer: TransferClient, https: requests.Session, collection: str, server: str, path: str, directory: Path
) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for item in transfer.operation_ls(collection, path=path):
        inner = f"{path}/{item['name']}"
        if item["type"] == "dir":
            down(transfer, https, collection, server, inner, directory / item["name"])
            continue
        with (
            https.get(f"{server}{quote(inner)}", stream=True, allow_redirects=False, timeout=_SECONDS) as found,
            (directory / item["name"]).open("wb") as file,
        ):
            found.raise_for_status()
            for chunk in found.iter_content(1 << 20):
                file.write(chunk)


if __name__ == "__main__":
    main(*sys.argv[1:])
