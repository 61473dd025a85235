"""The browser of this machine."""

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ("--no-sandbox",)
"""Root has no sandbox of its own, and containers run as root; the pages are ours."""


def installed() -> str | None:
    """Where it is; `TIDINGS_BROWSER` names another one."""
    found = (shutil.which(name) for name in (os.environ.get("TIDINGS_BROWSER", ""), *NAMES) if name)
    return next((path for path in found if path), None)
