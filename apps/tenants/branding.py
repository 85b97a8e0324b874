"""From a partner's few choices to the whole look: colours, contrast, and the one CSS response (pure)."""

import re
from dataclasses import dataclass

_HEX = re.compile(r"^#[0-9a-fA-F]{6}$")
MINIMUM_CONTRAST = 4.5  # WCAG 2.2 AA for text: https://www.w3.org/TR/WCAG22/#contrast-minimum
FONTS = {
    "inter": '"Inter Variable", Inter, system-ui, sans-serif',
    "system": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
    "serif": "'Source Serif 4', Georgia, 'Times New Roman', serif",
}


@dataclass(frozen=True, slots=True)
class BrandLook:
    """A brand as pages, mails and documents use it."""

    name: str
    product_noun: str
    primary_colour: str
    accent_colour: str
    font: str
    corner_radius: int
    version: int
    logo_url: str = ""
    logo_dark_url: str = ""
    support_email: str = ""
    sign_in_text: str = ""
    mail_footer: str = ""
    mail_sender: str = ""

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


def colour_problem(value: str) -> str | None:
    """Return why `value` cannot be a brand colour, with the fix; None when it can: "#rrggbb" that reads on white."""
    if not _HEX.match(value or ""):
        return "Write the colour as # and six hexadecimal digits, for example #0f766e."
    ratio = contrast(value, "#ffffff")
    if ratio >= MINIMUM_CONTRAST:
        return None
    shades = (mix(value, "#000000", step / 20) for step in range(1, 21))
    darker = next(shade for shade in shades if contrast(shade, "#ffffff") >= MINIMUM_CONTRAST)
    return (
        f"{value} is too light to read on white (contrast {ratio:.1f}, at least {MINIMUM_CONTRAST} is needed). "
        f"Try {darker}."
    )


def brand_css(look: BrandLook) -> str:
    """Return the one stylesheet that turns the portal into this brand's. Values only: validated colours and numbers."""
    primary, accent = look.primary_colour, look.accent_colour
    dark_primary = lightened_for_dark(primary)
    light = (
        _variables(primary, accent)
        + f"--brand-font:{FONTS.get(look.font, FONTS['inter'])};--brand-radius:{look.corner_radius}px;"
    )
    return f":root{{{light}}}\n[data-bs-theme=dark]{{{_variables(dark_primary, lightened_for_dark(accent))}}}\n"


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
