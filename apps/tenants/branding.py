"""From a partner's few choices to the whole look: colours, contrast, and the one CSS response (pure)."""

import re
from dataclasses import dataclass

_HEX = re.compile(r"^#[0-9a-fA-F]{6}\Z")
MINIMUM_CONTRAST = 4.5  # WCAG 2.2 AA for text: https://www.w3.org/TR/WCAG22/#contrast-minimum
FONTS = {
    "inter": '"Inter Variable", Inter, system-ui, sans-serif',
    "source-sans": '"Source Sans 3", system-ui, sans-serif',
    "figtree": "Figtree, system-ui, sans-serif",
    "system": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
    "serif": "'Source Serif 4', Georgia, 'Times New Roman', serif",
}
# The file behind each font's Latin letters, as the first page needs it; the others come when a text needs them.
FONT_FILES = {
    "inter": "vendor/inter/inter-latin-wght-normal.woff2",
    "source-sans": "vendor/source-sans/source-sans-3-latin-wght-normal.woff2",
    "figtree": "vendor/figtree/figtree-latin-wght-normal.woff2",
    "serif": "vendor/source-serif/source-serif-4-latin-wght-normal.woff2",
}
# Part of the stylesheet's address: raise it when brand_css writes something else, or browsers keep the old one for a year.
EDITION = 2
# Where a picture of the brand stands, and what it is called in tables and forms.
PICTURES = ("logo", "logo_dark", "favicon", "sign_in_picture")


@dataclass(frozen=True, slots=True)
class BrandLook:
    """A brand as pages, mails and documents use it. Texts are "" where the portal's own words should stand."""

    name: str
    product_noun: str
    primary_colour: str
    accent_colour: str
    font: str
    corner_radius: int
    version: int
    heading_font: str = ""  # "": the same as `font`
    side_scheme: str = "dark"  # of the side bar on a light page: "dark" or "light"
    customer_noun: str = ""
    customers_noun: str = ""
    logo_url: str = ""
    logo_dark_url: str = ""
    logo: str = ""  # the picture's digest: mails carry it with them
    logo_dark: str = ""
    logo_size: tuple[int, int] = (0, 0)
    favicon: str = ""
    tag: str = ""  # marks the addresses of stylesheet and icon: they change whenever this does
    sign_in_picture_url: str = ""
    sign_in_text: str = ""
    support_name: str = ""
    support_email: str = ""
    support_phone: str = ""
    support_hours: str = ""
    mail_header: str = "mark"  # "mark": initials and name; "logo"; "name"
    mail_header_colour: str = ""  # of a band behind the header; "": none
    mail_footer: str = ""
    mail_sender: str = ""
    is_draft: bool = False

    @property
    def stylesheet_url(self) -> str:
        """Return the address of the brand's stylesheet; what it answers never changes."""
        return f"/brand/theme.css?v={self.tag}"

    @property
    def icon_url(self) -> str:
        """Return the address of the picture for the browser's tab."""
        return f"/brand/icon?v={self.tag}"

    @property
    def font_files(self) -> list[str]:
        """Return the static files of the fonts that every page of the brand uses."""
        fonts = dict.fromkeys((self.font if self.font in FONTS else "inter", self.heading_font))
        return [FONT_FILES[font] for font in fonts if font in FONT_FILES]

    @property
    def is_wordmark(self) -> bool:
        """Return whether the logo is so wide that it holds the name itself."""
        width, height = self.logo_size
        return width >= 2.2 * height > 0

    @property
    def has_support(self) -> bool:
        """Return whether anything is known about who helps."""
        return bool(self.support_email or self.support_phone)

    @property
    def phone_digits(self) -> str:
        """Return the telephone number as a telephone dials it."""
        return re.sub(r"[^0-9+]", "", self.support_phone)

    @property
    def dark_primary(self) -> str:
        """Return the primary colour as it can be read on dark ground."""
        return lightened_for_dark(self.primary_colour)

    @property
    def mail_header_ink(self) -> str:
        """Return the colour of words in a mail's head."""
        return text_on(self.mail_header_colour) if self.mail_header_colour else "#161b26"

    @property
    def mail_logo(self) -> str:
        """Return the logo's address inside a mail that carries it: the one for dark ground on a dark band."""
        wants_dark = self.mail_header_colour and self.mail_header_ink == "#ffffff"
        digest = self.logo_dark if wants_dark and self.logo_dark else self.logo
        return f"cid:{digest}@brand" if digest else ""

    @property
    def mail_logo_width(self) -> int:
        """Return how wide the logo is in a mail, where it is 36 pixels high."""
        width, height = self.logo_size
        return min(round(width * 36 / height), 220) if height else 36

    @property
    def mail_font(self) -> str:
        """Return the fonts of a mail: mail programs load none, so those that every device has."""
        if self.font == "serif":
            return "Georgia,'Times New Roman',serif"
        return "-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"

    @property
    def mail_radius(self) -> int:
        """Return the corner radius of a mail's card."""
        return min(round(self.corner_radius * 1.25), 18)

    @property
    def mail_button_radius(self) -> int:
        """Return the corner radius of a mail's button."""
        return min(self.corner_radius, 22)

    @property
    def initials(self) -> str:
        """Return up to two letters, for where no logo was given."""
        words = [word for word in re.split(r"[^\w]+", self.name) if word]
        return "".join(word[0] for word in words[:2]).upper() or "•"


def rgb(colour: str) -> tuple[int, int, int]:
    """Return a "#rrggbb" colour as three numbers of 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(colour: str) -> float:
    """Return WCAG's relative luminance, 0 (black) to 1 (white)."""
    parts = [c / 255 for c in rgb(colour)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return WCAG's contrast ratio of two colours, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def text_on(colour: str) -> str:
    """Return white or near-black, whichever is easier to read on `colour`."""
    return "#ffffff" if contrast(colour, "#ffffff") >= contrast(colour, "#111827") else "#111827"


def mix(colour: str, other: str, share: float) -> str:
    """Return `colour` with `share` (0 to 1) of `other` mixed in."""
    mixed = [round(a + (b - a) * share) for a, b in zip(rgb(colour), rgb(other), strict=True)]
    return "#{:02x}{:02x}{:02x}".format(*mixed)


def lightened_for_dark(colour: str, background: str = "#151b26") -> str:
    """Return the nearest lighter shade that can be read as text on a dark page."""
    for step in range(11):
        candidate = mix(colour, "#ffffff", step / 10)
        if contrast(candidate, background) >= MINIMUM_CONTRAST:
            return candidate
    return "#ffffff"


@dataclass(frozen=True, slots=True)
class ColourProblem:
    """Why a text cannot be a brand colour. `ratio` is 0 when it is no colour at all; `darker` is a shade that can."""

    ratio: float = 0
    darker: str = ""


def colour_problem(value: str) -> ColourProblem | None:
    """Return why `value` cannot be a brand colour; None when it can: "#rrggbb" that reads on white."""
    if not _HEX.match(value or ""):
        return ColourProblem()
    ratio = contrast(value, "#ffffff")
    if ratio >= MINIMUM_CONTRAST:
        return None
    shades = (mix(value, "#000000", step / 20) for step in range(1, 21))
    return ColourProblem(ratio, next(shade for shade in shades if contrast(shade, "#ffffff") >= MINIMUM_CONTRAST))


def brand_css(look: BrandLook) -> str:
    """Return the one stylesheet that turns the portal into this brand's. Values only: validated colours and numbers."""
    primary, accent = look.primary_colour, look.accent_colour
    body = FONTS.get(look.font, FONTS["inter"])
    heading = FONTS.get(look.heading_font, body)
    side = "light" if look.side_scheme == "light" else "dark"
    light = (
        _variables(primary, accent)
        + f"--brand-font:{body};--brand-heading-font:{heading};--brand-radius:{look.corner_radius}px;"
        + f"--brand-side-scheme:{side};"
    )
    dark = _variables(lightened_for_dark(primary), lightened_for_dark(accent)) + "--brand-side-scheme:dark;"
    return f":root{{{light}}}\n[data-bs-theme=dark]{{{dark}}}\n"


def icon_svg(look: BrandLook) -> str:
    """Return the brand's initials as a small picture for the browser's tab, where no logo fits into a square."""
    letters = look.initials
    size = 30 if len(letters) > 1 else 36
    radius = min(look.corner_radius * 2, 32)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
        f'<rect width="64" height="64" rx="{radius}" fill="{look.primary_colour}"/>'
        f'<text x="32" y="33" fill="{text_on(look.primary_colour)}" font-family="system-ui,sans-serif" font-size="{size}" '
        f'font-weight="700" text-anchor="middle" dominant-baseline="central">{letters}</text></svg>'
    )


def _variables(primary: str, accent: str) -> str:
    return (
        f"--brand-primary:{primary};--brand-primary-rgb:{','.join(map(str, rgb(primary)))};"
        f"--brand-primary-contrast:{text_on(primary)};--brand-primary-dark:{mix(primary, '#000000', 0.18)};"
        f"--brand-primary-soft:rgba({','.join(map(str, rgb(primary)))},.1);"
        f"--brand-accent:{accent};--brand-accent-rgb:{','.join(map(str, rgb(accent)))};"
        f"--brand-accent-contrast:{text_on(accent)};"
        f"--tblr-primary:{primary};--tblr-primary-rgb:{','.join(map(str, rgb(primary)))};"
        f"--tblr-primary-fg:{text_on(primary)};--tblr-link-color:{primary};"
    )
