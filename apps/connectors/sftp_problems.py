"""What a file server's refusals and a lost connection to it mean, in the five kinds of failure and in plain words."""

import asyncssh

from apps.connectors.errors import (
    AuthExpiredError,
    BusinessClass,
    MisconfiguredError,
    RemoteError,
    RetryableError,
)

_DENIED = (asyncssh.SFTPPermissionDenied, asyncssh.SFTPWriteProtect)
_ABSENT = (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath)
_FULL = (asyncssh.SFTPNoSpaceOnFilesystem, asyncssh.SFTPQuotaExceeded)
_GONE = (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection, asyncssh.DisconnectError, asyncssh.ChannelOpenError)
_LONGEST_REASON = 200


class NoSuchFileError(MisconfiguredError):
    """There is no file or folder of this name."""


def server_error(problem: Exception, host: str, path: str, *, changes: bool) -> RemoteError:
    """Return the error for something a signed-in server did not do; `changes` says that it may have done it unheard."""
    if isinstance(problem, _ABSENT):
        return NoSuchFileError(
            f"{host} has no {path}: check the folders in the connection's settings.",
            business_class=BusinessClass.CONNECTION,
        )
    if isinstance(problem, _DENIED):
        return MisconfiguredError(
            f"{host} does not let this user do that with {path}: ask its administrator for the right.",
            business_class=BusinessClass.PERMISSION,
        )
    if isinstance(problem, _FULL):
        return RetryableError(
            f"{host} has no room left for {path}: its administrator must make some.",
            business_class=BusinessClass.PROVIDER_OUTAGE,
        )
    if isinstance(problem, TimeoutError):
        sentence = f"{host} did not finish with {path} in time."
        return RetryableError(sentence, business_class=BusinessClass.TIMEOUT, ambiguous=changes)
    if isinstance(problem, (*_GONE, OSError)):
        sentence = f"{host} closed the connection before it was done with {path}."
        return RetryableError(sentence, business_class=BusinessClass.CONNECTION, ambiguous=changes)
    sentence = f"{host} could not do that with {path}: {_reason(problem)}."
    return RetryableError(sentence, business_class=BusinessClass.PROVIDER_OUTAGE)


def sign_in_error(problem: Exception, host: str, user: str) -> RemoteError:
    """Return the error for a server with the right key that did not let anybody in."""
    if isinstance(problem, asyncssh.PermissionDenied):
        return AuthExpiredError(
            f"{host} does not let {user} in: check the user, and the password or the key, on the connection's page.",
            business_class=BusinessClass.PERMISSION,
        )
    if isinstance(problem, asyncssh.ChannelOpenError | asyncssh.SFTPError):
        return MisconfiguredError(
            f"{host} lets {user} in, but not for transferring files: ask its administrator for SFTP.",
            business_class=BusinessClass.PERMISSION,
        )
    if isinstance(problem, TimeoutError):
        return RetryableError(f"{host} did not answer in time.", business_class=BusinessClass.TIMEOUT)
    if isinstance(problem, asyncssh.KeyExchangeFailed | asyncssh.ProtocolError | asyncssh.ProtocolNotSupported):
        return MisconfiguredError(
            f"{host} speaks no SSH that is safe enough, or something else than SSH: check address and port.",
            business_class=BusinessClass.CONNECTION,
        )
    return RetryableError(
        f"{host} closed the connection before anybody was signed in.", business_class=BusinessClass.CONNECTION
    )


def _reason(problem: Exception) -> str:
    text = str(getattr(problem, "reason", "") or problem)
    return " ".join(text.split())[:_LONGEST_REASON].rstrip(".") or type(problem).__name__
