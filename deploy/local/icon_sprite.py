"""Rebuild static/img/icons.svg, the one file all icons come from.

The icons are Tabler's outline set (MIT). The sprite is kept in the repository, so nobody needs the 51 MB package to run
the portal. To add an icon, put its name into `ICONS` and run, with `@tabler/icons` 3.51.0 unpacked anywhere:

    python -m deploy.local.icon_sprite <folder of @tabler/icons>
"""

import re
import sys
from pathlib import Path

SPRITE = Path(__file__).resolve().parent.parent.parent / "static" / "img" / "icons.svg"
NOTICE = (
    "<!-- Tabler Icons 3.51.0, https://tabler.io/icons, MIT licence, copyright 2020-2026 Pawel Kuna. "
    "Built by deploy/local/icon_sprite.py. -->"
)
_NAMES = """
activity adjustments alert-circle alert-triangle archive arrow-back-up arrow-down arrow-down-right arrow-fork arrow-left
arrow-right arrow-up arrow-up-right arrows-exchange arrows-left-right ban bell bolt bookmark box briefcase building
building-store calendar calendar-due cash chart-bar chart-line check checkbox checklist chevron-down chevron-left
chevron-right chevron-up circle-check circle-dashed circle-minus circle-off circle-x clipboard-check clock cloud-off
coin columns confetti copy database device-laptop device-mobile devices dots dots-vertical download edit equal
external-link eye eye-off file-invoice file-text filter flag gauge git-branch hand-stop heartbeat help-circle history
home hourglass inbox info-circle key key-off keyboard layout-dashboard layout-grid link list list-details loader-2 lock
lock-open login logout mail map-2 menu-2 message minus moon packages palette pencil pencil-check phone player-pause
player-play player-skip-forward plug plug-connected plus progress-check qrcode receipt refresh replace report-money
rotate-clockwise route scale search selector send server settings shield-check shield-lock stack-2 star sun
switch-horizontal table tag tags test-pipe tool transform trash trending-down trending-up unlink upload user user-check
user-circle user-exclamation user-plus user-question users versions wand wifi-off world x zoom-exclamation
"""
ICONS = _NAMES.split()
_DRAWING = re.compile(r"<(?:path|circle|rect|line|polyline|ellipse)\b[^>]*/>", re.DOTALL)


def symbol(name: str, svg: str) -> str:
    """Return one icon as a `<symbol>`, without the empty frame each Tabler file begins with."""
    shapes = [" ".join(shape.split()) for shape in _DRAWING.findall(svg) if 'd="M0 0h24v24H0z"' not in shape]
    if not shapes:
        raise ValueError(f"{name}.svg holds no drawing: is this the outline set of @tabler/icons?")
    return f'<symbol id="{name}" viewBox="0 0 24 24">{"".join(shapes)}</symbol>'


def build_sprite(package: Path) -> str:
    """Return the sprite of all `ICONS`, drawn from an unpacked @tabler/icons package."""
    outline = package / "icons" / "outline"
    symbols = [symbol(name, (outline / f"{name}.svg").read_text(encoding="utf-8")) for name in sorted(ICONS)]
    return "\n".join(['<svg xmlns="http://www.w3.org/2000/svg">', NOTICE, *symbols, "</svg>", ""])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Name the folder of the unpacked @tabler/icons package.")
    SPRITE.write_text(build_sprite(Path(sys.argv[1])), encoding="utf-8")
