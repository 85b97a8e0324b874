"""What it means when a call over HTTP brings no answer at all, in words."""

import ssl

import aiohttp

from apps.connectors.errors import BusinessClass, MisconfiguredError, RemoteError, RetryableError

# Words of OpenSSL for the alerts of RFC 8446, section 6.2, by which a server turns a client certificate away.
_CERTIFICATE_ALERTS = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED")


def transport_error(problem: Exception, host: str) -> RemoteError:
    """Return the error for a call that brought no answer. `ambiguous` is as for a write."""
    if _is_refused_certificate(problem):
        return MisconfiguredError(
            f"{host} demands a client certificate that it knows: enter the one that is registered there, with its key.",
            business_class=BusinessClass.PERMISSION,
        )
    if isinstance(problem, aiohttp.ClientConnectorDNSError):
        return _unreached(
            f"The host name {host} is not known: check the base address, or wait until the name service answers again."
        )
    if isinstance(problem, aiohttp.ClientSSLError):
        return _unreached(
            f"No safe connection to {host} could be made: its certificate is not valid or it speaks no TLS."
        )
    if isinstance(problem, aiohttp.ClientConnectorError):
        return _unreached(f"{host} does not accept connections right now.")
    if isinstance(problem, aiohttp.ConnectionTimeoutError):
        return RetryableError(f"{host} did not accept a connection in time.", business_class=BusinessClass.TIMEOUT)
    if isinstance(problem, TimeoutError):
        return RetryableError(f"{host} did not answer in time.", business_class=BusinessClass.TIMEOUT, ambiguous=True)
    if isinstance(problem, aiohttp.InvalidURL):
        return MisconfiguredError(
            "The address cannot be called: check the base address.", business_class=BusinessClass.CONNECTION
        )
    return RetryableError(
        f"{host} closed the connection before it had answered.", business_class=BusinessClass.CONNECTION, ambiguous=True
    )


def _is_refused_certificate(problem: BaseException | None) -> bool:
    """Tell whether the other side ended TLS over our certificate, or over our having none; then it did nothing else."""
    while problem is not None:
        reason = str(getattr(problem, "reason", "")) if isinstance(problem, ssl.SSLError) else ""
        if "ALERT" in reason and any(word in reason for word in _CERTIFICATE_ALERTS):
            return True
        problem = problem.__cause__ or problem.__context__
    return False


def _unreached(sentence: str) -> RetryableError:
    return RetryableError(sentence, business_class=BusinessClass.CONNECTION)
