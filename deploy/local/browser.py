"""The browser that tests and screenshots drive: the distribution's own Chromium."""

import os
import shutil
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW_TO_GET_IT = (
    "No Chromium found, so the browser tests will fail. Install it (Debian: apt install chromium; macOS: brew install "
    "--cask chromium), or name one: CHROMIUM=/path/to/chromium make test"
)


def find_browser() -> str | None:
    """Return the program of an installed Chromium, None when there is none."""
    if named := os.environ.get("CHROMIUM"):
        return named
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def warn_without_browser() -> None:
    """Say how to get a browser where there is none."""
    if find_browser() is None:
        print(HOW_TO_GET_IT, file=sys.stderr)
