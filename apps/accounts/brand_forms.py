"""What people type in the brand studio."""

import unicodedata
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.tenants.brand_pictures import RULES, clean_picture, store_picture, stored_picture
from apps.tenants.branding import PICTURES
from apps.tenants.models import check_colour
from apps.tenants.scope import PartnerRef

MOST_ROUND = 20
FONT_CHOICES = [
    ("inter", _("Inter: clear at small sizes")),
    ("source-sans", _("Source Sans: calm and businesslike")),
    ("figtree", _("Figtree: round and friendly")),
    ("serif", _("Source Serif: with serifs, more formal")),
    ("system", _("System: what each reader's device uses")),
]
HEADING_CHOICES = [("", _("The same font")), *FONT_CHOICES]
SIDE_CHOICES = [("dark", _("Dark, in your primary colour")), ("light", _("Light, like the page"))]
HEADER_CHOICES = [
    ("mark", _("Initials and name")),
    ("logo", _("Logo")),
    ("name", _("Name only")),
]
_SALT = "brand-seen"
# Characters that change the direction of the text after them: a name could pretend to be another one.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def check_plain(value: str) -> None:
    """Accept words for one line. Raises ValidationError for markup, quotes of mail headers, and what cannot be seen."""
    check_no_markup(value)
    if '"' in value or "\\" in value:
        raise ValidationError(_t('Leave out " and \\: mail programs cannot show them in a name.'))
    if "\n" in value or "\r" in value:
        raise ValidationError(_t("Write it on one line."))


def check_no_markup(value: str) -> None:
    """Accept words of one or more lines. Raises ValidationError for markup and for what cannot be seen."""
    if "<" in value or ">" in value:
        raise ValidationError(_t("Write plain words: < and > are not allowed here."))
    if any(_is_unseen(letter) for letter in value):
        raise ValidationError(_t("There is an invisible character in it: type it again instead of pasting it."))


def _is_unseen(letter: str) -> bool:
    return letter in _TURNING or (unicodedata.category(letter) == "Cc" and letter not in "\r\n\t")


def _words(label: Any, most: int, help_text: Any = "", *, rows: int = 0, required: bool = False) -> forms.CharField:
    """Return a field for words: one line, or `rows` lines."""
    return forms.CharField(
        label=label,
        max_length=most,
        required=required,
        help_text=help_text,
        validators=[check_no_markup if rows else check_plain],
        widget=forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput(),
    )


def _colour(label: Any, help_text: Any, *, required: bool = True) -> forms.CharField:
    attributes = {"spellcheck": "false", "autocomplete": "off", "maxlength": 7}
    widget = forms.TextInput(attrs=attributes)
    return forms.CharField(
        label=label, help_text=help_text, required=required, validators=[check_colour], widget=widget
    )


def _picture(label: Any, help_text: Any) -> forms.FileField:
    widget = forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"})
    return forms.FileField(label=label, required=False, help_text=help_text, widget=widget)


class BrandForm(forms.Form):
    """How the portal looks, what it calls things, and what its mails say.

    A picture arrives as a file; once it is stored, its digest travels in `<picture>_kept`, so that a mistake elsewhere in
    the form never asks for the file again. `seen` holds the signed values that the form was opened with.
    """

    name = _words(_("Name"), 80, _("Stands on every page and in every mail."), required=True)
    product_noun = _words(
        _("What you call the portal"), 60, _("The second line under the name, for example: Integration portal."),
        required=True,
    )  # fmt: skip
    customer_noun = _words(_("Your word for a customer"), 40, _("For example: client. Left empty: customer."))
    customers_noun = _words(_("The same for several"), 40, _("For example: clients. It names the page in the menu."))
    primary_colour = _colour(_("Primary colour"), _("Buttons, links and the side bar. It must be readable on white."))
    accent_colour = _colour(_("Accent colour"), _("Small highlights beside the primary colour."))
    font = forms.ChoiceField(label=_("Font"), choices=FONT_CHOICES)
    heading_font = forms.ChoiceField(label=_("Font of titles"), choices=HEADING_CHOICES, required=False)
    corner_radius = forms.IntegerField(
        label=_("Corner radius"),
        min_value=0,
        max_value=MOST_ROUND,
        help_text=_("In pixels: 0 is square, 20 is very round."),
    )
    side_scheme = forms.ChoiceField(label=_("Side bar"), choices=SIDE_CHOICES, initial="dark", required=False)
    logo = _picture(_("Logo"), _("PNG, JPEG or WebP, at most 512 kB. A wide one on a clear background looks best."))
    logo_dark = _picture(
        _("Logo for dark backgrounds"), _("Stands in a dark side bar and in dark mode. Left out: the logo on white.")
    )
    favicon = _picture(
        _("Icon of the browser's tab"),
        _("A square picture. Left out: the logo when it is nearly square, else initials."),
    )
    sign_in_picture = _picture(
        _("Picture beside the sign-in form"), _("At most 4 MB; it is saved again at the size that is shown.")
    )
    sign_in_text = _words(
        _("Words beside the sign-in form"), 200, _("One or two sentences. Left empty, the portal's own stand there."),
        rows=2,
    )  # fmt: skip
    support_name = _words(_("Who helps"), 80, _("A person or a team, for example: Service desk."))
    support_email = forms.EmailField(
        label=_("Support address"),
        required=False,
        help_text=_("Where people ask for help: at the foot of pages and mails."),
    )
    support_phone = _words(_("Support telephone"), 40, _("With the country's code, for example +49 30 1234567."))
    support_hours = _words(_("When you answer"), 120, _("For example: weekdays 8 to 18 h, Berlin time."))
    mail_header = forms.ChoiceField(label=_("Head of a mail"), choices=HEADER_CHOICES, required=False)
    mail_header_colour = _colour(
        _("Colour behind it"), _("Left empty: none. It must be dark enough for white words."), required=False
    )
    mail_sender_name = _words(_("Sender's name"), 80, _("Left empty, mails come in the portal's name."))
    mail_sender_address = forms.EmailField(
        label=_("Sender's address"),
        required=False,
        help_text=_("Left empty, mails come from the platform's address under your name."),
    )
    mail_footer = _words(
        _("Words under every mail"), 300, _("For example your company's name, address and registration."), rows=3
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        files: Any = None,
        *,
        partner: PartnerRef,
        values: Mapping[str, Any],
        seen: Mapping[str, Any],
    ) -> None:
        # A copy: what was stored of a refused form is noted in it.
        super().__init__(data.copy() if data is not None else None, files)  # type: ignore[attr-defined]  # a QueryDict
        self.partner, self.values = partner, values
        words = {name: value for name, value in values.items() if name not in PICTURES}
        self.initial = {**words, "seen": signing.dumps(dict(seen), salt=_SALT, compress=True)}
        for picture in PICTURES:
            self.fields[f"{picture}_kept"] = forms.CharField(required=False, widget=forms.HiddenInput)
            self.fields[f"remove_{picture}"] = forms.BooleanField(label=_("Do without it"), required=False)
            self.initial[f"{picture}_kept"] = values[picture]

    def seen_values(self) -> dict[str, Any]:
        """Return the values the form was opened with; empty when that cannot be told any more."""
        try:
            return dict(signing.loads(self.data.get("seen", ""), salt=_SALT))
        except (signing.BadSignature, TypeError, ValueError):
            return {}

    def clean_mail_footer(self) -> str:
        """Return the footer with the line ends that mails use everywhere else."""
        return str(self.cleaned_data["mail_footer"]).replace("\r\n", "\n")

    def clean_sign_in_text(self) -> str:
        """Return the words on one line: they are set large and broken by the page."""
        return " ".join(str(self.cleaned_data["sign_in_text"]).split())

    def clean(self) -> dict[str, Any]:
        """Bring colours to the one spelling that is stored, and pictures to their digests."""
        cleaned = super().clean() or {}
        for name in ("primary_colour", "accent_colour", "mail_header_colour"):
            if name in cleaned:
                cleaned[name] = cleaned[name].lower()
        for choice, default in (("side_scheme", "dark"), ("mail_header", "mark")):
            if choice in cleaned:
                cleaned[choice] = cleaned[choice] or default
        for picture in PICTURES:
            if picture not in self.errors:
                try:
                    cleaned[picture] = self._clean_picture(picture, cleaned)
                except ValidationError as error:
                    self.add_error(picture, error)
        self._check_together(cleaned)
        return cleaned

    def _clean_picture(self, picture: str, cleaned: dict[str, Any]) -> str:
        """Return the digest of a picture: of the file sent now, else of the one kept, "" for none."""
        given: UploadedFile[bytes] | None = cleaned.get(picture)
        # Whoever does not send what was kept (a program, a cut-off form) does not mean to remove it.
        kept: str = cleaned.get(f"{picture}_kept") or "" if f"{picture}_kept" in self.data else self.values[picture]
        if given:
            # One byte more than allowed is enough to be refused; the rest of a huge file is never read.
            fresh = clean_picture(given.read(RULES[picture].most_bytes + 1), picture)
            kept = store_picture(self.partner, fresh)
        elif cleaned.get(f"remove_{picture}"):
            kept = ""
        elif kept != self.values[picture] and kept and stored_picture(self.partner, kept) is None:
            raise ValidationError(_t("This picture is not kept any more: choose the file again."))
        self.data[f"{picture}_kept"] = kept  # type: ignore[index]  # our own copy
        return kept

    def _check_together(self, cleaned: dict[str, Any]) -> None:
        if cleaned.get("logo_dark") and not cleaned.get("logo") and "logo" not in self.errors:
            self.add_error("logo", _t("Add the logo for light backgrounds, too."))
        if cleaned.get("mail_header") == "logo" and not cleaned.get("logo"):
            self.add_error("mail_header", _t("There is no logo yet: add one, or choose another head."))
        if bool(cleaned.get("customer_noun")) != bool(cleaned.get("customers_noun")):
            missing = "customers_noun" if cleaned.get("customer_noun") else "customer_noun"
            if missing not in self.errors:
                self.add_error(missing, _t("Write both words, for one and for several, or neither."))

    def wanted(self) -> dict[str, Any]:
        """Return the wanted values under the brand's own field names."""
        return {name: value for name, value in self.cleaned_data.items() if name in self.values}

    def typed(self, seen: Mapping[str, Any]) -> dict[str, Any]:
        """Return what was changed here since the form was opened: the words a stale form must not lose."""
        return {name: value for name, value in self.wanted().items() if value != seen.get(name, value)}


def field_label(name: str) -> str:
    """Return a brand field's name as the form calls it."""
    field = BrandForm.base_fields.get(name)
    return str(field.label) if field and field.label else name.replace("_", " ")


def value_words(name: str, value: Any) -> str:
    """Return a brand field's value as people read it."""
    if name in PICTURES:
        return _t("a picture") if value else _t("none")
    field = BrandForm.base_fields.get(name)
    if isinstance(field, forms.ChoiceField):
        return next((str(label) for key, label in field.choices if key == value), str(value))  # type: ignore[union-attr,misc]
    return str(value) if value not in ("", None) else _t("none")
