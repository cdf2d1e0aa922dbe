"""Where a file of this machine is in the collection that reaches it.

A hub that logs its users in with Globus sets `GLOBUS_LOCAL_ENDPOINT`; how paths here become paths there, it says with
the variables that Globus' extension for JupyterLab reads.
https://oauthenticator.readthedocs.io/en/stable/reference/api/gen/oauthenticator.globus.html,
https://globus-jupyterlab.readthedocs.io/en/latest/config.html
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from yarl import URL

from hubdrives.errors import BadConfig, BadInput
from hubdrives.providers.base import Here

OPTIONS: Final = ("local_collection", "local_path", "local_collection_path")
"""The connection's options that say the same as the variables, and come before them."""

VARIABLES: Final = ("GLOBUS_LOCAL_ENDPOINT", "GLOBUS_HOST_POSIX_BASEPATH", "GLOBUS_HOST_COLLECTION_BASEPATH")
_FILE_MANAGER: Final = URL("https://app.globus.org/file-manager")


def files_here(path: Path, *, options: Mapping[str, Any], environment: Mapping[str, str]) -> Here | None:
    """As `HasFilesHere.files_here`. The home here is the home there, unless something else is said.

    Raises:
        BadInput: `path` is in no folder that the collection reaches.
        BadConfig: what names the collection is no identifier of one.
    """
    collection, folder, there = (
        str(options.get(option) or environment.get(variable) or "")
        for option, variable in zip(OPTIONS, VARIABLES, strict=True)
    )
    if not collection:
        return None
    home = environment.get("HOME", "")
    base = Path(folder or home)
    top = "/" + (there or ("" if folder else "~")).strip("/")
    # Either may be reached by a link.
    real = path.resolve()
    if not base.is_absolute() or not real.is_relative_to(base.resolve()):
        raise BadInput(
            f"'{path}' is in no folder that Globus reaches here.",
            hint=f"Choose a place below {base}." if base.is_absolute() else "Set local_path of the connection.",
        )
    address = _FILE_MANAGER.with_query(origin_id=_uuid(collection), origin_path=top.rstrip("/") + "/")
    relative = real.relative_to(base.resolve()).as_posix()
    return Here(address=str(address), path="" if relative == "." else relative)


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise BadConfig(
            "What is set as this machine's Globus collection is no identifier of one.",
            hint="Correct GLOBUS_LOCAL_ENDPOINT, or local_collection of the connection.",
        ) from None
