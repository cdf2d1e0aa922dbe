"""Google Drive: https://developers.google.com/workspace/drive/api/reference/rest/v3"""

from hubdrives.providers.googledrive.provider import GoogleDrive

__all__ = ["GoogleDrive"]
