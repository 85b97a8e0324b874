"""Instants are the same in every form that systems have for them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.instants import UnreadableInstantError, read_instant, write_instant
from apps.connectors.manifest import InstantForm

MOMENT = datetime(2026, 11, 21, 10, 15, 30, 123000, tzinfo=UTC)
WRITTEN = {
    InstantForm.AS_IS: "2026-11-21T10:15:30.123000Z",
    InstantForm.ISO: "2026-11-21T10:15:30Z",
    InstantForm.ISO_MILLIS: "2026-11-21T10:15:30.123Z",
    InstantForm.ISO_OFFSET: "2026-11-21T10:15:30.123+0000",
    InstantForm.SPACED: "2026-11-21 10:15:30",
    InstantForm.DATE: "2026-11-21",
    InstantForm.SECONDS: "1795256130",
    InstantForm.MILLISECONDS: "1795256130123",
    InstantForm.HTTP_DATE: "Sat, 21 Nov 2026 10:15:30 GMT",
    InstantForm.DOTNET: "/Date(1795256130123)/",
}
KEPT = {  # how much of an instant a form keeps
    InstantForm.ISO: timedelta(seconds=1),
    InstantForm.SPACED: timedelta(seconds=1),
    InstantForm.SECONDS: timedelta(seconds=1),
    InstantForm.HTTP_DATE: timedelta(seconds=1),
    InstantForm.DATE: timedelta(days=1),
    InstantForm.AS_IS: timedelta(microseconds=1),
}


@pytest.mark.parametrize("form", InstantForm)
def test_each_form_is_written_as_its_systems_write_it(form: InstantForm) -> None:
    assert write_instant(MOMENT.astimezone(), form) == WRITTEN[form]


_BOUNDS = (datetime(1971, 1, 1), datetime(2090, 1, 1))  # noqa: DTZ001  the zone is drawn besides


@given(st.sampled_from(InstantForm), st.datetimes(*_BOUNDS, timezones=st.timezones()))
def test_what_was_written_is_read_again_as_far_as_the_form_keeps_it(form: InstantForm, moment: datetime) -> None:
    read = read_instant(write_instant(moment, form), form)
    assert read.tzinfo is UTC
    assert timedelta() <= moment - read < KEPT.get(form, timedelta(milliseconds=1))


READ = {
    "a number of .NET with a zone": (InstantForm.DOTNET, "/Date(1795256130123+0100)/", MOMENT),
    "seconds with a fraction": (InstantForm.SECONDS, "1795256130.123", MOMENT),
    "an offset": (InstantForm.ISO, "2026-11-21T11:15:30.123+01:00", MOMENT),
    "no zone": (InstantForm.SPACED, "2026-11-21 10:15:30.123", MOMENT),
}


@pytest.mark.parametrize(("form", "text", "moment"), READ.values(), ids=READ.keys())
def test_variants_are_read(form: InstantForm, text: str, moment: datetime) -> None:
    assert read_instant(text, form) == moment


@pytest.mark.parametrize("text", ["", "yesterday", "31.02.2026", "/Date(x)/", "9" * 40, "1e400", "\x00"])
@pytest.mark.parametrize("form", InstantForm)
def test_what_is_no_instant_is_refused(form: InstantForm, text: str) -> None:
    with pytest.raises(UnreadableInstantError):
        read_instant(text, form)
