"""Every mail of a partner's portal with made-up facts: what the brand studio shows, and what tests read word by word."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.accounts.actions import ROLE_LABELS, Role
from apps.tenants.templatetags.wording import count_words, money_words

Facts = Callable[[str, datetime], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class MailSample:
    """A mail: its template, what it is called, and made-up facts for it (from the portal's address and the time)."""

    name: str
    label: str | Promise
    template: str
    facts: Facts


def _invitation(portal: str, now: datetime) -> dict[str, Any]:
    return {
        "name": "Robin Moreau",
        "inviter": "Alex Winter",
        "role_label": ROLE_LABELS[Role.FINANCE_APPROVER],
        "action_url": f"{portal}join/example/",
        "expires_at": now + timedelta(days=7),
    }


def _reset(portal: str, _now: datetime) -> dict[str, Any]:
    return {"password_reset_url": f"{portal}accounts/password/reset/key/example/"}


def _nothing(_portal: str, _now: datetime) -> dict[str, Any]:
    return {}


def _noticed(_portal: str, now: datetime) -> dict[str, Any]:
    return {
        "timestamp": now,
        "ip": "203.0.113.7",
        "user_agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36",
    }


def _cases(portal: str, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "title": _t("The accounting system refuses a closed period"),
            "sentence": _t("October is closed in the accounting system, and 14 time entries belong to it."),
            "next_step": _t("Open the period again, or book the entries into November."),
            "customer": "Example Consulting",
            "flow": _t("Approved time to bill"),
            "queue": _t("Finance posting"),
            "records": 14,
            "amount": Decimal("18240.50"),
            "currency": "EUR",
            "is_severe": True,
            "due_at": now + timedelta(hours=5),
            "url": f"{portal}cases/example/",
        },
        {
            "title": _t("A project is missing"),
            "sentence": _t("Time was booked on project P-2041, which the accounting system does not know."),
            "next_step": _t("Create the project there, or correct the number."),
            "customer": "Example Consulting",
            "flow": _t("Approved time to bill"),
            "queue": _t("Master data"),
            "records": 3,
            "amount": Decimal("1260.00"),
            "currency": "EUR",
            "is_severe": False,
            "due_at": now + timedelta(hours=28),
            "url": f"{portal}cases/other-example/",
        },
    ]


def _roughly(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Say amounts as alerts do, which never tell an exact one."""
    bands = ((10_000, 50_000), (1_000, 10_000))
    words = [
        _t("%(low)s to %(high)s") % {"low": money_words(low, "EUR"), "high": money_words(high, "EUR")}
        for low, high in bands
    ]
    return [{**case, "band": band} for case, band in zip(cases, words, strict=True)]


def _alert(audience: str) -> Facts:
    def facts(portal: str, now: datetime) -> dict[str, Any]:
        return {
            "audience": audience,
            "name": "Robin Moreau",
            "cases": _roughly(_cases(portal, now)),
            "count": 2,
            "more": 0,
            "list_url": f"{portal}cases/",
            "link_label": _t("Open the exceptions") if audience == "partner" else _t("See what needs you"),
        }

    return facts


def _digest(audience: str) -> Facts:
    def facts(portal: str, now: datetime) -> dict[str, Any]:
        return {
            **_alert(audience)(portal, now),
            "cases": _cases(portal, now),
            "at_risk": [{"amount": Decimal("19500.50"), "currency": "EUR"}],
            "period": "weekly",
            "since": now - timedelta(days=7),
            "until": now,
            "facts": [
                {"label": _t("Records arrived"), "value": count_words(1204), "url": f"{portal}runs/", "tone": ""},
                {"label": _t("Closed"), "value": "9", "url": f"{portal}cases/", "tone": ""},
                {"label": _t("Still open"), "value": "2", "url": f"{portal}cases/", "tone": "warning"},
            ],
            "notes": [
                {"words": _t("The connection Accounting of Example Consulting needs attention."), "url": portal},
                {"words": _t("Next cut-off of Example Consulting: October's invoices, tomorrow 18:00"), "url": portal},
            ]
            if audience == "partner"
            else [],
            "home_url": portal,
            "settings_url": f"{portal}settings/profile/",
        }

    return facts


def _approval(portal: str, now: datetime) -> dict[str, Any]:
    link = f"{portal}approvals/mail/example/"
    return {
        "occasion": "ask",
        "name": "Robin Moreau",
        "for_person": "Alex Winter",
        "question": _t("Approve the invoice of October for the project Harbour Office?"),
        "facts": [
            {"label": _t("Project"), "value": "P-2041 Harbour Office"},
            {"label": _t("Period"), "value": "2026-10"},
        ],
        "amount": Decimal("18240.50"),
        "currency": "EUR",
        "customer": "Example Consulting",
        "due_at": now + timedelta(days=2),
        "approve_url": f"{link}?decision=approve",
        "refuse_url": f"{link}?decision=reject",
        "screen_url": f"{portal}approvals/example/",
    }


def _mention(portal: str, _now: datetime) -> dict[str, Any]:
    return {
        "name": "Robin Moreau",
        "author": "Alex Winter",
        "title": _t("A project is missing"),
        "customer": "Example Consulting",
        "case_url": f"{portal}exceptions/example/",
    }


def _review(portal: str, now: datetime) -> dict[str, Any]:
    return {
        "name": "Robin Moreau",
        "month": now.date().replace(day=1),
        "customer": "Example Consulting",
        "review_url": f"{portal}my/reviews/example/",
    }


def _review_comment(portal: str, now: datetime) -> dict[str, Any]:
    return {
        "name": "Alex Winter",
        "author": "Robin Moreau",
        "month": now.date().replace(day=1),
        "customer": "Example Consulting",
        "text": _t("Thank you. Let us talk about the third point next week."),
        "review_url": f"{portal}reviews/example/",
    }


SAMPLES: tuple[MailSample, ...] = (
    MailSample("invitation", _("Invitation"), "mail/invitation", _invitation),
    MailSample("password-reset", _("Choose a new password"), "account/email/password_reset_key", _reset),
    MailSample("unknown-account", _("No account at this address"), "account/email/unknown_account", _nothing),
    MailSample("password-changed", _("Password changed"), "account/email/password_changed", _noticed),
    MailSample("password-set", _("Password set"), "account/email/password_set", _noticed),
    MailSample("two-step-on", _("Two-step sign-in switched on"), "mfa/email/totp_activated", _noticed),
    MailSample("two-step-off", _("Two-step sign-in switched off"), "mfa/email/totp_deactivated", _noticed),
    MailSample("recovery-codes", _("New recovery codes"), "mfa/email/recovery_codes_generated", _noticed),
    MailSample("alert", _("Alert to your people"), "mail/alert", _alert("partner")),
    MailSample("alert-customer", _("Request to a customer's people"), "mail/alert", _alert("customer")),
    MailSample("approval", _("Request to approve"), "mail/approval", _approval),
    MailSample("mention", _("Mention in a note"), "mail/mention", _mention),
    MailSample("review", _("Review of a month"), "mail/review", _review),
    MailSample("review-comment", _("Comment on a review"), "mail/review_comment", _review_comment),
    MailSample("digest", _("Digest to your people"), "mail/digest", _digest("partner")),
    MailSample("digest-customer", _("Digest to a customer's people"), "mail/digest", _digest("customer")),
)


def sample_named(name: str) -> MailSample | None:
    """Return one of the mails."""
    return next((sample for sample in SAMPLES if sample.name == name), None)
