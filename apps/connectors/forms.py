"""What people type on connections' pages; the fields of a system's own come from its manifest."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _

from apps.connectors import registry
from apps.connectors.auth_spec import SecretSpec
from apps.connectors.manifest import FieldSpec, SystemManifest, ValueKind
from apps.connectors.models import Connection
from apps.connectors.services import NewConnection
from apps.connectors.sheet_terms import Transport
from apps.connectors.webhook_spec import WebhookSpec

_SECRET, _SETTING, _END = "secret_", "setting_", "ends_"
_LAST_YEAR = 2200
_LONGEST_SECRET = 16_000  # a certificate with the chain above it
# Browsers offer to fill in the person's own password otherwise.
_UNFILLED = {"autocomplete": "new-password", "spellcheck": "false"}


def secret_field(spec: SecretSpec, *, required: bool = True) -> forms.CharField:
    """Return the field a secret is typed into: never shown again, not even after an error elsewhere."""
    return forms.CharField(
        label=_(spec.label),
        help_text=escape(_(spec.help)) if spec.help else "",  # a private system says what it likes
        required=required,
        strip=True,
        max_length=_LONGEST_SECRET,
        widget=forms.PasswordInput(attrs=_UNFILLED),
        error_messages={"required": _("%(field)s is needed.") % {"field": _(spec.label)}},
    )


def add_secret(form: forms.Form, name: str, spec: SecretSpec, *, required: bool = True) -> None:
    """Put the field of a secret into a form, and the day it expires behind it where it has one."""
    form.fields[name] = secret_field(spec, required=required)
    if spec.may_expire:
        form.fields[_END + name] = forms.DateField(
            label=_("%(field)s expires on") % {"field": _(spec.label)},
            required=False,
            validators=[_in_future],
            help_text=_("As its system says. You are told 30 days, 7 days and 1 day before."),
            widget=forms.DateInput(attrs={"type": "date"}),
        )


def _in_future(day: date) -> None:
    if day <= timezone.now().date():
        raise forms.ValidationError(_("This day has passed: enter a secret that is still good, and its day."))
    if day.year > _LAST_YEAR:
        raise forms.ValidationError(_("This is too far away to be the day a secret expires."))


def setting_field(spec: FieldSpec) -> forms.Field:
    """Return the field for one of a system's plain settings."""
    label = _(spec.label or spec.name)
    needed = {"required": _("%(field)s is needed.") % {"field": label}}
    asked: dict[str, Any] = {"label": label, "required": spec.required, "error_messages": needed}
    if spec.kind is ValueKind.YES_NO:
        return forms.BooleanField(label=label, required=False)
    if spec.choices:
        empty = [] if spec.required else [("", _("Not set"))]
        return forms.ChoiceField(choices=[*empty, *((choice, choice) for choice in spec.choices)], **asked)
    if spec.kind is ValueKind.WHOLE:
        return forms.IntegerField(min_value=0, max_value=1_000_000, **asked)
    return forms.CharField(max_length=spec.max_length or 400, **asked)


class _SystemForm(forms.Form):
    """The part that every connection has, and the system's own settings behind it."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("How people here will know this connection."))
    base_url = forms.CharField(
        label=_("Address"),
        max_length=400,
        help_text=_("The whole address of its API, for example https://api.example.com."),
    )

    def __init__(self, *args: Any, manifest: SystemManifest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.manifest = manifest
        if manifest.transport is Transport.SFTP:
            self.fields["base_url"].help_text = _(
                "Host and port of its server, for example sftp://files.example.com:22."
            )
        if manifest.transport is Transport.SMTP:
            self.fields["base_url"].help_text = _(
                "Host and port of its server, for example smtp://mail.example.com:587."
            )
        if manifest.transport is Transport.SQL:
            self.fields["base_url"].help_text = _(
                "Host and port of its server, for example postgresql://db.example.com:5432."
            )
        for spec in manifest.settings:
            self.fields[_SETTING + spec.name] = setting_field(spec)
        if "<" in manifest.address:
            known = _("The address of its API: %(form)s.") % {"form": manifest.address}
            self.fields["base_url"].help_text = known

    @property
    def settings(self) -> dict[str, Any]:
        """Return the settings as typed, without empty ones."""
        typed = {spec.name: self.cleaned_data.get(_SETTING + spec.name) for spec in self.manifest.settings}
        return {name: value for name, value in typed.items() if value not in (None, "")}

    def add_errors(self, problems: Mapping[str, list[str]]) -> None:
        """Put a service's errors beside the fields they are about."""
        for field, sentences in problems.items():
            known = next((name for name in (field, _SETTING + field, _SECRET + field) if name in self.fields), None)
            for sentence in sentences:
                self.add_error(known, sentence)


def _environments(manifest: SystemManifest) -> Sequence[Connection.Environment]:
    """Return where a system may be connected: a draft of the partner's own nowhere but in a sandbox."""
    everywhere = tuple(reversed(Connection.Environment))
    return (Connection.Environment.SANDBOX,) if registry.is_draft(manifest.slug) else everywhere


def _fixed_address(manifest: SystemManifest) -> str:
    return "" if "<" in manifest.address else manifest.address


class ConnectionForm(_SystemForm):
    """A new connection: for whom, where, and with which secrets; `secrets_later` leaves those to somebody else."""

    def __init__(
        self,
        *args: Any,
        manifest: SystemManifest,
        customers: Mapping[UUID, str],
        chosen: UUID | None,
        address: str = "",
        secrets_later: bool = False,
        **kwargs: Any,
    ) -> None:
        initial = {"name": manifest.name, "customer": chosen, "base_url": address or _fixed_address(manifest)}
        super().__init__(*args, manifest=manifest, initial=initial, **kwargs)
        self.secrets_later = secrets_later
        names = [(str(customer_id), name) for customer_id, name in customers.items()]
        self.fields["customer"] = forms.TypedChoiceField(
            label=_("Customer"), coerce=UUID, choices=[("", _("Choose a customer")), *names]
        )
        self.fields["environment"] = forms.ChoiceField(
            label=_("Environment"),
            choices=[(e.value, e.label.capitalize()) for e in _environments(manifest)],
            help_text=_("Whether real business is done there."),
        )
        for spec in manifest.secrets:
            add_secret(self, _SECRET + spec.name, spec, required=not secrets_later)
        secrets = [part + spec.name for spec in manifest.secrets for part in (_SECRET, _END + _SECRET)]
        self.order_fields(["customer", "name", "environment", "base_url", *secrets])

    def wanted(self) -> NewConnection:
        """Return what is asked for."""
        typed = self.cleaned_data
        return NewConnection(
            system=self.manifest.slug,
            name=typed["name"],
            base_url=typed["base_url"],
            secrets={spec.name: typed[_SECRET + spec.name] for spec in self.manifest.secrets},
            settings=self.settings,
            environment=typed["environment"],
            secrets_later=self.secrets_later,
            ends=_ends(typed, {spec.name: _SECRET + spec.name for spec in self.manifest.secrets}),
        )


def _ends(typed: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, date]:
    """Return the days that were typed, by secret; `names` are the secrets' fields."""
    found = {secret: typed.get(_END + field) for secret, field in names.items()}
    return {secret: day for secret, day in found.items() if day}


class ConnectionEditForm(_SystemForm):
    """Name, address and settings of a connection; secrets have pages of their own."""

    def __init__(self, *args: Any, manifest: SystemManifest, connection: Connection, **kwargs: Any) -> None:
        initial = {"name": connection.name, "base_url": connection.base_url}
        initial |= {_SETTING + name: value for name, value in connection.settings.items()}
        super().__init__(*args, manifest=manifest, initial=initial, **kwargs)
        self._stored = connection.settings

    @property
    def settings(self) -> dict[str, Any]:
        """Return the settings as typed, and those that no field shows as they were."""
        shown = {spec.name for spec in self.manifest.settings}
        return {name: value for name, value in self._stored.items() if name not in shown} | super().settings


class SecretForm(forms.Form):
    """A new value for one secret."""

    def __init__(self, *args: Any, spec: SecretSpec, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        add_secret(self, "value", spec)
        self._name = spec.name

    @property
    def values(self) -> dict[str, str]:
        """Return the secret as typed, under its name."""
        return {self._name: self.cleaned_data["value"]}

    @property
    def ends(self) -> dict[str, date]:
        """Return the day it expires, where somebody said."""
        return _ends(self.cleaned_data, {self._name: "value"})

    def add_errors(self, problems: Mapping[str, list[str]]) -> None:
        """Put a service's errors beside the secret."""
        for sentence in (sentence for sentences in problems.values() for sentence in sentences):
            self.add_error("value", sentence)


class SecretsForm(forms.Form):
    """Several secrets of a system and nothing else: all of them for a colleague who got a link, or those of a pair."""

    def __init__(self, *args: Any, specs: Sequence[SecretSpec], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for spec in specs:
            add_secret(self, spec.name, spec)
        self._names = [spec.name for spec in specs]

    @property
    def values(self) -> dict[str, str]:
        """Return the secrets as typed."""
        return {name: self.cleaned_data[name] for name in self._names}

    @property
    def ends(self) -> dict[str, date]:
        """Return the days on which they expire, where somebody said."""
        return _ends(self.cleaned_data, {name: name for name in self._names})

    def add_errors(self, problems: Mapping[str, list[str]]) -> None:
        """Put a service's errors beside the secrets they are about."""
        for name, sentences in problems.items():
            for sentence in sentences:
                self.add_error(name if name in self.fields else None, sentence)


class CredentialLinkForm(forms.Form):
    """Whom a link to a connection's credentials is for."""

    for_whom = forms.CharField(
        label=_("Name of the colleague"),
        max_length=120,
        help_text=_("What is entered through the link is recorded under this name."),
        error_messages={"required": _("Say whom the link is for: what is entered is recorded under that name.")},
    )


class WebhookKeyForm(forms.Form):
    """The key, or the keys, that a system signs its webhooks with."""

    def __init__(self, *args: Any, webhook: WebhookSpec, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["value"] = secret_field(SecretSpec("value", webhook.key_label, webhook.key_help))


class RemoveForm(forms.Form):
    """The name of the connection that is removed, typed as a confirmation."""

    name = forms.CharField(
        label=_("Name of the connection"),
        help_text=_("Type it as it is written above: a removed connection does not come back."),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class DisableForm(forms.Form):
    """Why a connection is switched off."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        error_messages={"required": _("Say why it is switched off: others will ask.")},
    )
