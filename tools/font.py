"""Cut the letters that the figures of a translation use out of a font: ``python -m tools.font LANGUAGE FONT ...``.

The Chinese figures have theirs from IBM Plex Sans SC, Regular and Bold, of the npm package @ibm/plex-sans-sc. A letter
that a new translation needs and the fonts lack is named by a test. What is cut out has a name of its own, as the
licence of IBM Plex (OFL, with a reserved name) asks for.
"""

import argparse
import sys
from pathlib import Path

import polib
from fontTools import subset
from fontTools.ttLib import TTFont

from tools.edition import CODE, TRANSLATIONS

NAME = "Lesson Sans SC"
LATIN = 0x2E80  # below it stand letters that matplotlib's own font has


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


def cut(font, wanted, target):
    """Write the letters ``wanted`` of the file ``font`` into the file ``target``, without hints, under another name.

    Raises:
        ValueError: the font lacks some of them.
    """
    source = TTFont(font)
    if lacking := sorted(wanted - set(map(chr, source.getBestCmap()))):
        raise ValueError(f"{font} has no {''.join(lacking)}")
    options = subset.Options(layout_features=[], hinting=False, drop_tables=["BASE", "DSIG", "meta", "vhea", "vmtx"])
    options.name_IDs = [0, 1, 2, 4, 6, 13, 14]  # names, copyright and licence
    cutter = subset.Subsetter(options)
    cutter.populate(text="".join(sorted(wanted)))
    cutter.subset(source)
    style = source["name"].getDebugName(2)
    for number, name in {1: NAME, 4: f"{NAME} {style}", 6: f"{NAME} {style}".replace(" ", "")}.items():
        source["name"].setName(name, number, 3, 1, 0x409)
    source.flavor = None
    source.save(target)


def main():
    """Cut the fonts named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("language", help="such as zh")
    parser.add_argument("fonts", nargs="+", type=Path, help="font files, with all their letters")
    arguments = parser.parse_args()
    for font in arguments.fonts:
        target = TRANSLATIONS / arguments.language / f"{NAME.replace(' ', '')}-{font.stem.rpartition('-')[2]}.ttf"
        try:
            cut(font, letters(arguments.language), target)
        except (OSError, ValueError) as error:
            sys.exit(f"{error}")
        print(f"{target}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
