"""Makes the fonts of the figures (assets/) from Debian's package fonts-roboto-unhinted (Apache-2.0).

    apt-get download fonts-roboto-unhinted && dpkg -x fonts-roboto-unhinted_*.deb roboto
    python3 tools/subset_font.py roboto/usr/share/fonts/truetype/roboto/unhinted/RobotoTTF assets

Needs fonttools. What is changed: only the letters below are kept, layout tables and hints are dropped, and the
heights of ascent and descent are set to 1.24 em in all: plotters takes a font's size for that height in bitmaps and for
1.24 em in SVG, and with this both draw letters of one size.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

# Latin, Latin-1, Latin Extended-A, accents, Greek, Cyrillic, dashes and quotes, super- and subscripts, arrows and signs as far as Roboto has them.
RANGES = [
    (0x20, 0x7E), (0xA0, 0x17F), (0x300, 0x36F), (0x370, 0x3FF), (0x400, 0x45F), (0x2010, 0x2027), (0x2030, 0x203A), (0x2070, 0x209C),
    (0x2190, 0x21FF), (0x2200, 0x22FF), (0x25A0, 0x25FF), (0xFFFD, 0xFFFD),
]
EM_HEIGHT = 1.24


def make(source: Path, target: Path) -> None:
    font = TTFont(source, recalcTimestamp=False)
    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.notdef_outline = True
    options.name_IDs = [0, 1, 2, 4, 6, 7, 13, 14]
    options.notdef_glyph = True
    tool = subset.Subsetter(options)
    tool.populate(unicodes=[c for low, high in RANGES for c in range(low, high + 1)])
    tool.subset(font)
    height = EM_HEIGHT * font["head"].unitsPerEm
    old = font["hhea"].ascent - font["hhea"].descent
    ascent = round(font["hhea"].ascent * height / old)
    descent = ascent - round(height)
    for table, up, down in [("hhea", "ascent", "descent"), ("OS/2", "sTypoAscender", "sTypoDescender")]:
        setattr(font[table], up, ascent)
        setattr(font[table], down, descent)
    font["hhea"].lineGap = 0
    font["OS/2"].sTypoLineGap = 0
    font.save(target)
    print(target, target.stat().st_size, "bytes,", len(font.getBestCmap()), "letters")


if __name__ == "__main__":
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    for style in ["Regular", "Bold", "Italic"]:
        make(source / f"Roboto-{style}.ttf", target / f"Roboto-{style}.subset.ttf")
