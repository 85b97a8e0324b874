"""What an insight says, in the reader's language: one sentence made of its facts, and what could be done."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.record_words import record_name
from apps.monitoring.insights.found import Cause
from apps.monitoring.insights.incomplete import BOOKING, BUDGET, INVOICE, TAX
from apps.monitoring.models import Insight
from apps.tenants.templatetags.wording import count_words, hours_words, money_words

Facts = Mapping[str, Any]
Say = Callable[[Decimal], str]
_DAYS = (
    gettext_lazy("Mondays"),
    gettext_lazy("Tuesdays"),
    gettext_lazy("Wednesdays"),
    gettext_lazy("Thursdays"),
    gettext_lazy("Fridays"),
    gettext_lazy("Saturdays"),
    gettext_lazy("Sundays"),
)
_NEEDS = {
    INVOICE: gettext_lazy("to send an invoice"),
    TAX: gettext_lazy("to tax it"),
    BOOKING: gettext_lazy("to book on it"),
    BUDGET: gettext_lazy("to know when it is too much"),
}
_ADVICE = {
    Cause.LONG_DAY: gettext_lazy(
        "Ask the person, or who approves the hours, whether the day is right; correct it where it was booked."
    ),
    Cause.ODD_DAY: gettext_lazy("See whether the work was agreed for that day; some contracts bill it otherwise."),
    Cause.ODD_HOUR: gettext_lazy("Ask the person whether the time is right; correct it where it was booked."),
    Cause.HOLIDAY: gettext_lazy("See whether the work was agreed for that day; some contracts bill it otherwise."),
    Cause.RATE: gettext_lazy("Compare it with the rate card of the contract before the hours are billed."),
    Cause.AMOUNT: gettext_lazy("Compare it with its receipt or its order before it is paid or sent."),
    Cause.VOLUME: gettext_lazy("See whether something was imported, or left out, in the source on that day."),
    Cause.INCOMPLETE: gettext_lazy("Fill in what is missing in the system that the record comes from."),
    Cause.BUDGET_HOURS: gettext_lazy("Agree with the client on more hours, or plan the rest anew."),
    Cause.BUDGET_MONEY: gettext_lazy("Agree with the client on more budget before more is billed."),
    Cause.END_PASSED: gettext_lazy("Extend the project, or close it for time."),
    Cause.BEHIND: gettext_lazy("See whether hours are missing, or whether the end still holds."),
    Cause.MILESTONE_LATE: gettext_lazy("Have it accepted and billed, or move its date."),
    Cause.OPEN_REQUEST: gettext_lazy("Book one of these people, or look for somebody outside."),
    Cause.OVERBOOKED: gettext_lazy("Move work to somebody with free time, or to later weeks."),
}


def title_of(insight: Insight) -> str:
    """Return what it is about: the record as people call it."""
    return record_name(insight.label, insight.record_key)


def advice_of(insight: Insight) -> str:
    """Return what could be done about it."""
    return str(_ADVICE[Cause(insight.cause)])


def sentence_of(insight: Insight) -> str:
    """Return what was found, with what is usual and of how many; facts of another version of this program say the cause."""
    try:
        return _SENTENCES[Cause(insight.cause)](insight, insight.facts)
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return insight.get_cause_display()


def _number(facts: Facts, name: str) -> Decimal:
    return Decimal(str(facts[name]))


def _hours(facts: Facts, name: str) -> str:
    return hours_words(_number(facts, name))


def _money_in(currency: str) -> Say:
    return lambda amount: money_words(amount, currency)


def _usual(facts: Facts, say: Say) -> dict[str, str]:
    """Return between which figures the usual ones lie, and how many there were."""
    return {
        "low": say(_number(facts, "low")),
        "high": say(_number(facts, "high")),
        "seen": count_words(facts["seen"]),
    }


def _used(facts: Facts, say: Say) -> str:
    words = (
        _("At least %(used)s of %(budget)s are used: %(share)s%% of the budget.")
        if facts["least"]
        else _("%(used)s of %(budget)s are used: %(share)s%% of the budget.")
    )
    return words % {
        "used": say(_number(facts, "used")),
        "budget": say(_number(facts, "budget")),
        "share": facts["share"],
    }


def _day(facts: Facts, name: str) -> str:
    return date_format(date.fromisoformat(facts[name]), "DATE_FORMAT")


def _on(insight: Insight) -> str:
    return date_format(insight.happened_on, "DATE_FORMAT") if insight.happened_on else ""


def _long_day(insight: Insight, facts: Facts) -> str:
    words = (
        _(
            "%(person)s booked %(hours)s on %(day)s. Usual are %(low)s to %(high)s a day, by %(seen)s days of this person."
        )
        if facts["own"]
        else _(
            "%(person)s booked %(hours)s on %(day)s. Usual are %(low)s to %(high)s a day, by %(seen)s days of everybody."
        )
    )
    return words % {
        "person": facts["person"],
        "hours": _hours(facts, "hours"),
        "day": _on(insight),
        **_usual(facts, hours_words),
    }


def _odd_day(insight: Insight, facts: Facts) -> str:
    weekday = _DAYS[insight.happened_on.weekday()] if insight.happened_on else ""
    words = _("%(person)s booked work on %(day)s. Of %(seen)s days of work %(such)s fell on %(weekday)s.")
    return words % {
        "person": facts["person"],
        "day": _on(insight),
        "seen": count_words(facts["seen"]),
        "such": count_words(facts["such"]),
        "weekday": weekday,
    }


def _odd_hour(insight: Insight, facts: Facts) -> str:
    words = (
        _(
            "%(person)s began work at %(start)s on %(day)s. Usual are %(low)s to %(high)s, by %(seen)s entries of this person."
        )
        if facts["own"]
        else _(
            "%(person)s began work at %(start)s on %(day)s. Usual are %(low)s to %(high)s, by %(seen)s entries of everybody."
        )
    )
    return words % {
        "person": facts["person"],
        "day": _on(insight),
        **{name: time_format(time.fromisoformat(facts[name]), "H:i") for name in ("start", "low", "high")},
        "seen": count_words(facts["seen"]),
    }


def _holiday(insight: Insight, facts: Facts) -> str:
    words = _(
        "%(person)s booked work on %(day)s, which is free (%(holiday)s). Free days looked at: %(free)s; days of work booked "
        "on them: %(such)s; usual on each working day: %(usual)s."
    )
    return words % {
        "person": facts["person"],
        "day": _on(insight),
        "holiday": facts["holiday"],
        "free": count_words(facts["free"]),
        "such": count_words(facts["such"]),
        "usual": count_words(facts["usual"]),
    }


def _rate(insight: Insight, facts: Facts) -> str:
    words = (
        _(
            "%(entries)s of %(person)s (%(hours)s) at %(rate)s an hour. Usual for this person are %(low)s to %(high)s, by %(seen)s entries."
        )
        if facts["own"]
        else _(
            "%(entries)s of %(person)s (%(hours)s) at %(rate)s an hour. Usual on this project are %(low)s to %(high)s, by %(seen)s entries."
        )
    )
    entries = ngettext("%(number)s entry", "%(number)s entries", facts["entries"])
    return words % {
        "entries": entries % {"number": count_words(facts["entries"])},
        "person": facts["person"],
        "hours": _hours(facts, "hours"),
        "rate": money_words(_number(facts, "rate"), insight.currency),
        **_usual(facts, _money_in(insight.currency)),
    }


def _amount(_insight: Insight, facts: Facts) -> str:
    words = (
        _("%(amount)s. Usual for %(group)s are %(low)s to %(high)s, by %(seen)s records.")
        if facts["group"]
        else _("%(amount)s. Usual are %(low)s to %(high)s, by %(seen)s records of this kind.")
    )
    return words % {
        "amount": money_words(_number(facts, "amount"), facts["currency"]),
        "group": facts["group"],
        **_usual(facts, _money_in(facts["currency"])),
    }


def _volume(insight: Insight, facts: Facts) -> str:
    words = (
        _("%(records)s on %(day)s. Usual on %(weekday)s are %(low)s to %(high)s, by the %(seen)s of them before.")
        if facts["same"]
        else _("%(records)s on %(day)s. Usual on such days are %(low)s to %(high)s, by the %(seen)s of them before.")
    )
    records = ngettext("%(number)s record", "%(number)s records", facts["records"])
    return words % {
        "records": records % {"number": count_words(facts["records"])},
        "day": _on(insight),
        "weekday": _DAYS[facts["weekday"]],
        **_usual(facts, lambda number: count_words(int(number))),
    }


def _incomplete(_insight: Insight, facts: Facts) -> str:
    named = [
        _field(facts["type"], name, others, facts["seen"])
        for name, others in zip(facts["fields"], facts["others"], strict=True)
    ]
    needs = ", ".join(str(_NEEDS[need]) for need in facts["needs"])
    return _("Missing: %(fields)s. Needed %(needs)s.") % {"fields": ", ".join(named), "needs": needs}


def _field(type_name: str, name: str, others: int, seen: int) -> str:
    known = CANONICAL_TYPES[type_name].field_named(name)
    label = _(known.label) if known is not None else name
    if seen < 2:
        return label
    words = _("%(field)s (%(others)s of %(seen)s have it)")
    return words % {"field": label, "others": count_words(others), "seen": count_words(seen)}


def _budget_hours(_insight: Insight, facts: Facts) -> str:
    source = (
        _("Counted from %(entries)s time entries since %(since)s.")
        % {"entries": count_words(facts["entries"]), "since": _day(facts, "since")}
        if facts["counted"] and facts["since"]
        else _("As its own system says.")
    )
    return " ".join([_used(facts, hours_words), source, *_forecast(facts)])


def _forecast(facts: Facts) -> Sequence[str]:
    if not facts["runs_out"]:
        return ()
    told = {"lately": _hours(facts, "lately"), "day": _day(facts, "runs_out")}
    if facts["ends"]:
        words = _(
            "At the pace of the last four weeks (%(lately)s) it lasts until %(day)s; the project ends on %(ends)s."
        )
        return (words % {**told, "ends": _day(facts, "ends")},)
    return (_("At the pace of the last four weeks (%(lately)s) it lasts until %(day)s.") % told,)


def _budget_money(_insight: Insight, facts: Facts) -> str:
    source = (
        _("Counted from the hours that passed through, at their rates.")
        if facts["counted"]
        else _("As its own system says.")
    )
    return f"{_used(facts, _money_in(facts['currency']))} {source}"


def _end_passed(_insight: Insight, facts: Facts) -> str:
    words = _("It ended on %(ends)s, and time was booked on it until %(last)s.")
    return words % {"ends": _day(facts, "ends"), "last": _day(facts, "last")}


def _behind(_insight: Insight, facts: Facts) -> str:
    words = _(
        "%(passed)s%% of its time have passed and %(share)s%% of its hours are used (%(used)s of %(budget)s); it ends on %(ends)s."
    )
    return words % {
        "passed": facts["passed"],
        "share": facts["share"],
        "used": _hours(facts, "used"),
        "budget": _hours(facts, "budget"),
        "ends": _day(facts, "ends"),
    }


def _milestone_late(_insight: Insight, facts: Facts) -> str:
    words = ngettext(
        "It was to be billed on %(day)s, %(number)s day ago, and is not.",
        "It was to be billed on %(day)s, %(number)s days ago, and is not.",
        facts["days"],
    )
    return words % {"day": _day(facts, "due_on"), "number": count_words(facts["days"])}


def _open_request(_insight: Insight, facts: Facts) -> str:
    told = {
        "role": facts["role"] or _("Somebody"),
        "project": facts["project"],
        "starts": _day(facts, "starts"),
        "ends": _day(facts, "ends"),
    }
    first = _("%(role)s is looked for on %(project)s from %(starts)s to %(ends)s.") % told
    people = count_words(facts["people"])
    if facts["fits"]:
        fits = "; ".join(fit_words(fit) for fit in facts["fits"])
        who = _("Who fits best of %(people)s people: %(fits)s.") % {"people": people, "fits": fits}
    else:
        who = _("Of %(people)s people nobody has the skill or knows the work, and free time.") % {"people": people}
    return f"{first} {who}"


def fit_words(fit: Facts) -> str:
    """Return why somebody fits: free time, skills, and what the person worked on."""
    free = _("%(free)s a week free") % {"free": _hours(fit, "free")}
    if fit["assumed"]:
        free = _("%(free)s, if 40 h are a whole week") % {"free": free}
    told = [free if fit["enough"] else _("only %(free)s") % {"free": free}]
    told += [_("%(skill)s %(level)s of 5") % {"skill": skill, "level": level} for skill, level in fit["skills"]]
    if fit["project"]:
        told.append(_("knows the project"))
    elif fit["client"]:
        told.append(_("knows the client"))
    return f"{fit['name']} ({', '.join(told)})"


def _overbooked(insight: Insight, facts: Facts) -> str:
    words = ngettext(
        "%(person)s is planned for %(hours)s in the week of %(week)s and works %(capacity)s. Too much is planned in %(weeks)s of the next %(ahead)s weeks: %(projects)s.",
        "%(person)s is planned for %(hours)s in the week of %(week)s and works %(capacity)s. Too much is planned in %(weeks)s of the next %(ahead)s weeks: %(projects)s.",
        facts["weeks"],
    )
    return words % {
        "person": insight.label,
        "hours": _hours(facts, "hours"),
        "week": _day(facts, "week"),
        "capacity": _hours(facts, "capacity"),
        "weeks": facts["weeks"],
        "ahead": facts["ahead"],
        "projects": ", ".join(facts["projects"]),
    }


_SENTENCES: dict[Cause, Callable[[Insight, Facts], str]] = {
    Cause.LONG_DAY: _long_day,
    Cause.ODD_DAY: _odd_day,
    Cause.ODD_HOUR: _odd_hour,
    Cause.HOLIDAY: _holiday,
    Cause.RATE: _rate,
    Cause.AMOUNT: _amount,
    Cause.VOLUME: _volume,
    Cause.INCOMPLETE: _incomplete,
    Cause.BUDGET_HOURS: _budget_hours,
    Cause.BUDGET_MONEY: _budget_money,
    Cause.END_PASSED: _end_passed,
    Cause.BEHIND: _behind,
    Cause.MILESTONE_LATE: _milestone_late,
    Cause.OPEN_REQUEST: _open_request,
    Cause.OVERBOOKED: _overbooked,
}
