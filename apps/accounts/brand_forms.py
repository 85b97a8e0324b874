"""What people type on the brand's page."""

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from apps.tenants.brands import MAX_LOGO_BYTES, clean_logo
from apps.tenants.models import Brand, check_colour

MOST_ROUND = 20
FONT_CHOICES = [
    ("inter", "Inter: clear at small sizes"),
    ("system", "System: what each reader's device uses"),
    ("serif", "Source Serif: with serifs, more formal"),
]
# Characters that change the direction of the text after them: a name could pretend to be another one.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def check_plain(value: str) -> None:
    """Accept words for one line. Raises ValidationError for markup, quotes of mail headers, and what cannot be seen."""
    check_no_markup(value)
    if '"' in value or "\\" in value:
        raise ValidationError('Leave out " and \\: mail programs cannot show them in a name.')
    if "\n" in value or "\r" in value:
        raise ValidationError("Write it on one line.")


def check_no_markup(value: str) -> None:
    """Accept words of one or more lines. Raises ValidationError for markup and for what cannot be seen."""
    if "<" in value or ">" in value:
        raise ValidationError("Write plain words: < and > are not allowed here.")
    if any(_is_unseen(letter) for letter in value):
        raise ValidationError("There is an invisible character in it: type it again instead of pasting it.")


class BrandForm(forms.Form):
    """How the portal looks and what its mails say."""

    name = forms.CharField(
        label="Name",
        max_length=80,
        validators=[check_plain],
        help_text="Stands on every page and in every mail.",
    )
    product_noun = forms.CharField(
        label="What you call the portal",
        max_length=60,
        validators=[check_plain],
        help_text="The second line under the name, for example: Integration portal.",
    )
    primary_colour = forms.CharField(
        label="Primary colour",
        validators=[check_colour],
        help_text="Buttons, links and the side bar. It must be readable on white.",
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off", "maxlength": 7}),
    )
    accent_colour = forms.CharField(
        label="Accent colour",
        validators=[check_colour],
        help_text="Small highlights beside the primary colour.",
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off", "maxlength": 7}),
    )
    font = forms.ChoiceField(label="Font", choices=FONT_CHOICES)
    corner_radius = forms.IntegerField(
        label="Corner radius",
        min_value=0,
        max_value=MOST_ROUND,
        help_text=f"In pixels: 0 is square, {MOST_ROUND} is very round.",
    )
    logo = forms.FileField(
        label="Logo",
        required=False,
        help_text="PNG, JPEG or WebP, at most 512 kB. A wide one on a clear background looks best.",
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )
    remove_logo = forms.BooleanField(
        label="Remove the logo", required=False, help_text="Your initials stand in its place."
    )
    sign_in_text = forms.CharField(
        label="Words beside the sign-in form",
        max_length=200,
        required=False,
        validators=[check_no_markup],
        help_text="One or two sentences. Left empty, the portal's own stand there.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    support_email = forms.EmailField(
        label="Support address",
        required=False,
        help_text="Where people ask for help: at the foot of pages and mails.",
    )
    mail_sender_name = forms.CharField(
        label="Sender's name",
        max_length=80,
        required=False,
        validators=[check_plain],
        help_text="Left empty, mails come in the portal's name.",
    )
    mail_sender_address = forms.EmailField(
        label="Sender's address",
        required=False,
        help_text="Left empty, mails come from the platform's address under your name.",
    )
    mail_footer = forms.CharField(
        label="Words under every mail",
        max_length=300,
        required=False,
        validators=[check_no_markup],
        help_text="For example your company's name, address and registration.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, brand: Brand, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {name: getattr(brand, name) for name in self.fields if hasattr(brand, name)}
        if not brand.logo_png:
            del self.fields["remove_logo"]

    def clean_primary_colour(self) -> str:
        """Return the colour in the one spelling that is stored."""
        return str(self.cleaned_data["primary_colour"]).lower()

    def clean_accent_colour(self) -> str:
        """Return the colour in the one spelling that is stored."""
        return str(self.cleaned_data["accent_colour"]).lower()

    def clean_mail_footer(self) -> str:
        """Return the footer with the line ends that mails use everywhere else."""
        return str(self.cleaned_data["mail_footer"]).replace("\r\n", "\n")

    def clean_sign_in_text(self) -> str:
        """Return the words on one line: they are set large and broken by the page."""
        return " ".join(str(self.cleaned_data["sign_in_text"]).split())

    def clean_logo(self) -> bytes | None:
        """Return the uploaded picture as a fresh PNG, None when there is none."""
        given: UploadedFile[bytes] | None = self.cleaned_data["logo"]
        # One byte more than allowed is enough to be refused; the rest of a huge file is never read.
        return clean_logo(given.read(MAX_LOGO_BYTES + 1)) if given else None

    def changes(self) -> dict[str, Any]:
        """Return the wanted values under the brand's own field names. A new logo wins over "remove"."""
        wanted = dict(self.cleaned_data)
        logo, remove = wanted.pop("logo"), wanted.pop("remove_logo", False)
        if logo or remove:
            wanted["logo_png"] = logo
        return wanted


def _is_unseen(letter: str) -> bool:
    return letter in _TURNING or (unicodedata.category(letter) == "Cc" and letter not in "\r\n\t")
