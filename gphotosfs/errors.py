"""Everything that can go wrong, named by its cause.

`fuse/errno_map.py` says which errno the kernel is told for each; a test insists that none is
missing. The message is one line for a person: what failed, why, and where it helps what to do.
It never contains a token or a base URL.
"""


class GPhotosError(Exception):
    """The root of all our errors."""


class RemoteError(GPhotosError):
    """Google gave no usable answer; the subclass says why."""


class OfflineError(RemoteError):
    """Google can't be reached: no network, no name server, connection refused or broken."""


class DeadlineError(RemoteError):
    """An answer did not come in time."""


class QuotaError(RemoteError):
    """429, or our own ledger says that the day's quota is used up.

    `retry_at_s` is the Unix time at which it may work again, None where unknown.
    """

    def __init__(self, message: str, retry_at_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_at_s = retry_at_s


class SignInError(RemoteError):
    """The tokens are missing, expired or revoked: a person has to sign in again."""


class PermissionRefusedError(RemoteError):
    """403 with good tokens: a scope is missing."""


class ServiceDisabledError(RemoteError):
    """403: the API is not enabled in the Google Cloud project. `activation_url` may be empty."""

    def __init__(self, message: str, activation_url: str = "") -> None:
        super().__init__(message)
        self.activation_url = activation_url


class ServerTroubleError(RemoteError):
    """5xx or broken answers, still after the retries."""


class BadAnswerError(RemoteError):
    """An answer that is no valid answer: HTML, malformed JSON, a range that was not asked for."""


class RejectedRequestError(RemoteError):
    """400 or 404: Google refuses the request itself."""


class PreconditionError(RemoteError):
    """400 FAILED_PRECONDITION: a person has something to do at Google first."""


class RefusedAddressError(RemoteError):
    """An address outside Google's hosts, or without TLS: not asked."""


class GoneError(RemoteError):
    """The item no longer exists at Google."""


class CutOffError(RemoteError):
    """A picked item whose Picker session ended before its bytes were here."""


class NotReadyError(RemoteError):
    """Google is still processing this video, or failed to."""


class ContentChangedError(GPhotosError):
    """The bytes at Google are another version than the one that this reader began with."""


class PictureError(GPhotosError):
    """Bytes that should be a picture, and can't be read as one."""


class LocalError(GPhotosError):
    """Something on this machine."""


class ConfigError(LocalError):
    """An option, a profile or a file in the configuration is not usable."""


class StoreError(LocalError):
    """The catalogue or the cache index can't be read or written."""


class NoRoomError(LocalError):
    """The disk has too little room for what is to be kept; `room_bytes` is what it has."""

    def __init__(self, message: str, room_bytes: int = 0) -> None:
        super().__init__(message)
        self.room_bytes = room_bytes


class ArchiveError(LocalError):
    """A Takeout archive, or a part of it, is missing, damaged or not what it was when it was added."""


class ArchiveAwayError(ArchiveError):
    """A Takeout archive can't be read now, which says nothing of what is in it."""


class NoEntryError(GPhotosError):
    """There is no such name."""


class NotADirectoryEntryError(GPhotosError):
    """A file was used as a directory."""


class IsADirectoryEntryError(GPhotosError):
    """A directory was used as a file."""


class NoAttributeError(GPhotosError):
    """There is no such extended attribute."""


class ReadOnlyError(GPhotosError):
    """The mount can't be changed."""


class NotMountedError(LocalError):
    """No daemon serves this mount point or profile."""


class MountError(LocalError):
    """The file system could not be mounted."""


class InternalError(GPhotosError):
    """A bug of ours; the log has the trace."""
