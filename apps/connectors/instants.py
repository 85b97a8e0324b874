"""Reads and writes instants in the forms that systems have for them. Everything inside is aware and in UTC."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

from apps.connectors.manifest import InstantForm

_DOTNET = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")
_COUNT = re.compile(r"-?\d+(\.\d+)?")
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {InstantForm.SECONDS: timedelta(seconds=1), InstantForm.MILLISECONDS: timedelta(milliseconds=1)}


class UnreadableInstantError(ValueError):
    """A text is no instant in the form it should have."""


def read_instant(text: str, form: InstantForm) -> datetime:
    """Return the instant that a system's text means, in UTC. A time without zone is UTC; a day is its beginning.

    Raises UnreadableInstantError.
    """
    try:
        if form in _UNITS:
            return _BEGINNING + _counted(text, _UNITS[form])
        if form is InstantForm.DOTNET:
            return _BEGINNING + _counted(_dotnet(text), timedelta(milliseconds=1))
        moment = parsedate_to_datetime(text) if form is InstantForm.HTTP_DATE else datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise UnreadableInstantError(f"{text!r} is no instant in the form {form.value}") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def write_instant(moment: datetime, form: InstantForm) -> str:
    """Return an aware instant as a system wants it. Forms of whole seconds or days leave the rest out."""
    here = moment.astimezone(UTC)
    if form in _UNITS:
        return str((here - _BEGINNING) // _UNITS[form])
    whole = f"{here:%Y-%m-%dT%H:%M:%S}"
    thousandth = here.microsecond // 1000
    written = {
        InstantForm.ISO: f"{whole}Z",
        InstantForm.ISO_MILLIS: f"{whole}.{thousandth:03d}Z",
        InstantForm.ISO_OFFSET: f"{whole}.{thousandth:03d}+0000",
        InstantForm.SPACED: whole.replace("T", " "),
        InstantForm.DATE: f"{here:%Y-%m-%d}",
        InstantForm.HTTP_DATE: format_datetime(here.replace(microsecond=0), usegmt=True),
        InstantForm.DOTNET: f"/Date({(here - _BEGINNING) // timedelta(milliseconds=1)})/",
    }
    return written.get(form) or here.isoformat().replace("+00:00", "Z")


def _counted(text: str, unit: timedelta) -> timedelta:
    if not _COUNT.fullmatch(text):
        raise ValueError(text)
    return float(text) * unit if "." in text else int(text) * unit


def _dotnet(text: str) -> str:
    match = _DOTNET.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return match[1]
