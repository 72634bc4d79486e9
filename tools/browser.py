"""Where this machine keeps a browser of the Chromium family: it prints the decks, and the tests drive it."""

import os
import shutil
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "msedge"]
PLACES = {
    "ProgramFiles": ["Google/Chrome/Application/chrome.exe", "Microsoft/Edge/Application/msedge.exe"],
    "ProgramFiles(x86)": ["Google/Chrome/Application/chrome.exe", "Microsoft/Edge/Application/msedge.exe"],
    "LOCALAPPDATA": ["Google/Chrome/Application/chrome.exe", "Chromium/Application/chrome.exe"],
}
APPLICATIONS = ["Google Chrome", "Chromium", "Microsoft Edge"]
HOW_TO_INSTALL = "Install Chromium, Chrome or Edge, or name one in the environment variable BROWSER_PATH."


def find():
    """The path of a browser, or None."""
    candidates = [os.environ.get("BROWSER_PATH"), *map(shutil.which, NAMES)]
    candidates += [Path(os.environ[place], name) for place in PLACES if place in os.environ for name in PLACES[place]]
    candidates += [Path(f"/Applications/{name}.app/Contents/MacOS/{name}") for name in APPLICATIONS]
    return next((str(path) for path in candidates if path and Path(path).is_file()), None)


def options():
    """What a browser needs on the command line here: root, as in many a container, has no sandbox."""
    return ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []


@contextmanager
def opened():
    """A browser for Playwright to drive, or None where there is none."""
    program = find()
    if program is None:
        yield None
        return
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=options())
        yield chromium
        chromium.close()
