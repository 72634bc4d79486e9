"""Look at every link of a folder of pages: ``python -m tools.links FOLDER``.

What is inside must be there, each fragment too; what leads out must be a DOI, a page of arXiv, or the page of a project
that the series is built on or stored at.
"""

import argparse
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

OUTSIDE = ["doi.org", "arxiv.org", "d2l.ai", "github.com", "mybinder.org", "colab.research.google.com"]
ADDRESSES = {"a": "href", "link": "href", "script": "src", "img": "src", "form": "action"}


@dataclass
class Page(HTMLParser):
    """What a page leads to, and the places in it that others can lead to."""

    text: str
    addresses: list = field(default_factory=list)
    places: set = field(default_factory=set)

    def __post_init__(self):
        super().__init__()
        self.feed(self.text)

    def handle_starttag(self, tag, attributes):
        """Note an address or a place."""
        attributes = dict(attributes)
        if attributes.get("id"):
            self.places.add(attributes["id"])
        address = attributes.get(ADDRESSES.get(tag))
        if tag == "a" and not address:
            self.addresses.append("")
        if address:
            self.addresses.append(address)
        if attributes.get("data-script"):
            self.addresses.append(attributes["data-script"])


def problems(folder):
    """Sentences about the links of the pages below ``folder`` that lead nowhere, or where they should not."""
    folder = folder.resolve()
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.html"))}
    found = [f"There is no page in {folder}."] * (not pages)
    for path, page in pages.items():
        name = path.relative_to(folder).as_posix()
        found += [
            f"{name} leads to {address!r}: {why}" for address in page.addresses if (why := _wrong(path, address, pages))
        ]
    return found


def count(folder):
    """How many links the pages below ``folder`` have."""
    return sum(len(Page(path.read_text(encoding="utf-8")).addresses) for path in folder.rglob("*.html"))


def _wrong(path, address, pages):
    """What is wrong with an address on the page ``path``; "" if nothing is."""
    if not address:
        return "it is a link without an address"
    parts = urlsplit(address)
    if parts.scheme == "data":
        return ""
    if parts.scheme or parts.netloc:
        allowed = parts.scheme == "https" and parts.hostname in OUTSIDE
        return "" if allowed else f"outside, only https and {', '.join(OUTSIDE)} are allowed"
    if parts.path.startswith("/"):
        return "it begins at the root of the server, where the site need not be"
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not target.is_file():
        return "there is no such file"
    fragment = unquote(parts.fragment)
    if fragment and target in pages and fragment not in pages[target].places:
        return "there is no such place on it"
    return ""


def main():
    """Name each problem, and fail if there is one."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    if found := problems(folder):
        sys.exit("\n".join(found))
    print(f"{count(folder)} links, all of them good")


if __name__ == "__main__":
    main()
