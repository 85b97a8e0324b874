"""The fonts of a brand as PDFs embed them: unpacked once in a process, without what a printed page has no use for.

Browsers get the same files packed, with every weight between thin and black; left as they are, they would be printed at the one
they are drawn in, which is the thinnest of some. Unpacking one takes longer than all else about a short PDF, so what is left
here is the ordinary weight alone.
"""

import logging
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import cast

from django.contrib.staticfiles import finders
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont
from fpdf import FPDF
from fpdf.fonts import TTFFont

from apps.tenants.branding import FONT_FILES

# Kerning, ligatures and the names of weights: a PDF's own text shows letters one by one, at one weight.
_UNUSED = ("MVAR", "VVAR", "STAT", "BASE", "GDEF", "GPOS", "GSUB")
_ORDINARY = {"wght": 400}
logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells of every table it leaves out


def embed(sheet: FPDF, family: str, font: str, *, further: bool = False) -> bool:
    """Embed a brand's font under a name, or its second file for letters beyond western Europe; False where it is not installed."""
    content = _unpacked(FONT_FILES.get(font, FONT_FILES["inter"]), further)
    if content is None:
        return False
    # As `add_font` does, which takes files by their path alone.
    sheet.fonts[family] = TTFFont(sheet, cast("Path", BytesIO(content)), family, "")
    return True


def letters_of(sheet: FPDF, family: str) -> frozenset[str]:
    """Return the letters that an embedded font knows."""
    known: Mapping[int, str] = cast("TTFFont", sheet.fonts[family]).cmap
    return frozenset(map(chr, known))


@cache
def _unpacked(name: str, further: bool) -> bytes | None:  # noqa: FBT001  # one of two files
    found = finders.find(name)
    if not isinstance(found, str):
        return None
    path = Path(found.replace("-latin-", "-latin-ext-")) if further else Path(found)
    if not path.exists():
        return None
    with TTFont(path, recalcTimestamp=False) as packed:
        packed.flavor = None
        for table in _UNUSED:
            if table in packed:
                del packed[table]
        instantiateVariableFont(packed, _ORDINARY, inplace=True)
        out = BytesIO()
        packed.save(out)
    return out.getvalue()
