"""What holds for a whole system of a partner's own: its name, its sign-in, its limits and the words of its errors."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.connectors.answers import at_path
from apps.connectors.auth_spec import AuthScheme
from apps.connectors.private import texts
from apps.connectors.private.sign_in import secrets_for
from apps.flows.private_forms.fields import choice, lines, number, words
from apps.flows.private_forms.parts import Part, PartForm, parsed


class BasicsForm(PartForm):
    """What holds for the whole system: its name, how requests are signed, and how much it allows."""

    PLACES = {
        "name": "name",
        "category": "category",
        "summary": "summary",
        "documentation": "documentation",
        "scheme": "auth.scheme",
        "header": "auth.header",
        "token_path": "auth.token_path",
        "token_scope": "auth.token_scope",
        "authorize_address": "auth.authorize_address",
        "credentials_in_body": "auth.credentials_in_body",
        "test_path": "test_path",
        "identity_path": "identity_path",
        "calls": "limits.calls",
        "seconds": "limits.seconds",
        "at_once": "limits.at_once",
        "problems_path": "error_shape.problems_path",
        "code_path": "error_shape.code_path",
        "message_path": "error_shape.message_path",
        "field_path": "error_shape.field_path",
    }
    DEFAULTS = {
        "scheme": AuthScheme.NONE.value,
        "credentials_in_body": False,
        "seconds": 60,
        "at_once": 16,
        "code_path": "code",
        "message_path": "message",
        "field_path": "field",
    }
    name = forms.CharField(label=_("Name"), max_length=80)
    category = forms.CharField(label=_("Category"), max_length=40, help_text=_("For the list of systems: ERP, Time, …"))
    summary = words(_("In one sentence"), most=300)
    documentation = words(_("Documentation"), _("Where the vendor describes its interface, if anywhere."), most=400)
    scheme = choice(
        _("Sign-in"),
        [
            ("none", _("none")),
            ("bearer", _("a token (Authorization: Bearer)")),
            ("header_key", _("a key in a header")),
            ("basic", _("user name and password")),
            ("username_token", _("user name and password inside each SOAP envelope")),
            ("username_digest", _("user name and digest of the password inside each SOAP envelope")),
            ("client_credentials", _("client id and secret (OAuth 2.0)")),
            ("oauth_code", _("a person signs in there (OAuth 2.0)")),
        ],
    )
    header = words(_("Header of the key"), _("For example X-Api-Key."), most=80)
    token_path = words(_("Where an access token is asked for"), _("A whole address with https."), most=400)
    token_scope = words(_("Scope"), most=400)
    authorize_address = words(_("Where people sign in"), _("A whole address with https."), most=400)
    credentials_in_body = forms.BooleanField(
        label=_("Client id and secret go into the body, not into a header"), required=False
    )
    settings = lines(
        _("Settings of a connection"),
        _("One a line: name = label. A path may hold them: accounts/{account}/projects."),
    )
    test_path = words(_("Path that tests a connection"), _("A cheap reading; the first list if there is none."))
    identity_path = words(_("Who is signed in"), _("Where the answer of that path says so, such as user.email."))
    calls = number(_("Calls allowed"), 1, 1_000_000, _("Empty: no limit is published."))
    seconds = number(_("in so many seconds"), 1, 86_400)
    at_once = number(_("Calls at once"), 1, 64)
    problems_path = words(_("List of problems"), _("Where an error answer lists them; empty: it is one problem."))
    code_path = words(_("Code of a problem"))
    message_path = words(_("Text of a problem"))
    field_path = words(_("Field of a problem"))

    def texts_of(self, part: Part) -> dict[str, Any]:
        """Return the settings as lines."""
        return {"settings": texts.settings_text(part.get("settings", ()))}

    def clean_settings(self) -> list[Part]:
        """Read the settings."""
        return parsed(texts.parse_settings, self.cleaned_data["settings"], self.part.get("settings", ()))

    def _scheme_before(self) -> str:
        return str(at_path(self.part, "auth.scheme") or "none")

    def clean_scheme(self) -> str:
        """Keep a sign-in that this form does not offer: it came with an uploaded description."""
        return self.cleaned_data["scheme"] or self._scheme_before()

    def changed_part(self) -> Part:
        """Return the document; another sign-in needs other secrets."""
        document = super().changed_part()
        document.setdefault("auth", {})
        document["settings"] = self.cleaned_data["settings"]
        before = self._scheme_before()
        if self.cleaned_data["scheme"] != before:
            document["secrets"] = secrets_for(self.cleaned_data["scheme"])
        return document
