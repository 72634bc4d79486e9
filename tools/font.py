"""Cut the letters that are used out of a font: ``python -m tools.font LANGUAGE FONT ...`` for figures in a language.

The Chinese figures have theirs from IBM Plex Sans SC, Regular and Bold, of the npm package @ibm/plex-sans-sc. A letter
that a new translation needs and the fonts lack is named by a test. What is cut out has a name of its own, as the
licence of IBM Plex (OFL, with a reserved name) asks for. The site's fonts are cut when it is built.
"""

import argparse
import io
import sys
from pathlib import Path

import polib
from fontTools import subset
from fontTools.ttLib import TTFont

from tools import notebooks
from tools.edition import CODE, TRANSLATIONS

NAME = "Lesson Sans SC"
LATIN = 0x2E80  # below it stand letters that matplotlib's own font has
UNUSED = ["BASE", "DSIG", "meta", "vhea", "vmtx"]


def letters(language):
    """The letters that figures in ``language`` may show: of the strings in code, and of what the plots say."""
    shown = set()
    for path in (TRANSLATIONS / language).glob("*.po"):
        for entry in polib.pofile(str(path)):
            key = entry.msgctxt or ""
            if key == CODE or key.startswith(("plots.", "drawings.", "check.")) or ".picture" in key:
                shown |= {letter for letter in entry.msgstr if ord(letter) >= LATIN}
    return shown


def held(language):
    """The letters that each font of ``language`` has: {file: letters}."""
    files = sorted((TRANSLATIONS / language).glob("*.ttf"))
    return {path: {chr(code) for code in TTFont(path).getBestCmap() if code >= LATIN} for path in files}


def cut(font, wanted, name, flavor=None, features=()):
    """The letters ``wanted`` of the file ``font``, without hints, under the name ``name``: the bytes of a font.

    Args:
        flavor: "woff2" for the web. features: the features of its layout that are kept, "kern" say.

    Raises:
        ValueError: the font lacks some of the letters.
    """
    source = TTFont(font)
    if lacking := sorted(wanted - set(map(chr, source.getBestCmap()))):
        raise ValueError(f"{font} has no {''.join(lacking)}")
    options = subset.Options(layout_features=list(features), hinting=False)
    options.drop_tables += UNUSED
    options.name_IDs = [0, 1, 2, 4, 6, 13, 14]  # names, copyright and licence
    cutter = subset.Subsetter(options)
    cutter.populate(text="".join(sorted(wanted)))
    cutter.subset(source)
    style = source["name"].getDebugName(2)
    for number, words in {1: name, 4: f"{name} {style}", 6: f"{name} {style}".replace(" ", "")}.items():
        source["name"].setName(words, number, 3, 1, 0x409)
    source.flavor = flavor
    buffer = io.BytesIO()
    source.save(buffer)
    return buffer.getvalue()


def for_the_web(font, wanted, name):
    """Of the letters ``wanted`` those that the file ``font`` has: the bytes of a WOFF2."""
    has = set(map(chr, TTFont(font).getBestCmap()))
    return cut(font, wanted & has, name, flavor="woff2", features=["kern", "mark", "mkmk", "ccmp", "ssty"])


def main():
    """Cut the fonts named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("language", help="such as zh")
    parser.add_argument("fonts", nargs="+", type=Path, help="font files, with all their letters")
    arguments = parser.parse_args()
    for font in arguments.fonts:
        target = TRANSLATIONS / arguments.language / f"{NAME.replace(' ', '')}-{font.stem.rpartition('-')[2]}.ttf"
        try:
            notebooks.replace(target, cut(font, letters(arguments.language), NAME))
        except (OSError, ValueError) as error:
            sys.exit(f"{error}")
        print(f"{target}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
