"""Pictures of a page, compared as a reader would.

On a machine with the letters of the kept pictures the comparison is strict: layout and colours are as they were. Elsewhere
text is wider or narrower and wraps elsewhere, so places say little; what still must hold is that every colour of the kept
picture is there. (Measured: two other typefaces lose no colour and move at most half of the places; a changed token
loses its colour.)
"""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass

from PIL import Image, ImageChops

COLUMNS = 24  # squares of the grid from left to right
PALETTE = 48  # colours of a kept picture
LEVELS = 24  # of 256: colours closer than this are the same
NOTED = 0.002  # share of the area from which on a colour must be found again
NOWHERE = (255, 0, 255)  # a colour that no picture has
NEAR = 20  # of 256: as close as a colour is found again


@dataclass(frozen=True, slots=True)
class Difference:
    """``places``: share of grid squares that look different; ``colours``: share of the area whose colour moved;
    ``lost``: colours that are gone; ``height``: how much taller or lower the picture became, as a share.
    """

    places: float
    colours: float
    lost: tuple[tuple[int, ...], ...]
    height: float

    def matters(self, *, same_letters: bool) -> bool:
        places, colours, height = (0.01, 0.01, 0.01) if same_letters else (0.5, 0.15, 0.4)
        return bool(self.lost) or self.places > places or self.colours > colours or self.height > height


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


def small(png: bytes) -> bytes:
    """The picture as it is kept: few colours, so that all of them together stay small."""
    out = io.BytesIO()
    _fewer_colours(opened(png)).save(out, "PNG", optimize=True)
    return out.getvalue()


def difference(kept: bytes, now: bytes) -> Difference:
    before, after = opened(kept), _fewer_colours(opened(now)).convert("RGB")
    return Difference(
        places=_places(before, after),
        colours=_colours(before, after),
        lost=_lost(before, after),
        height=abs(after.height - before.height) / before.height,
    )


def _fewer_colours(image: Image.Image) -> Image.Image:
    return image.quantize(PALETTE, dither=Image.Dither.NONE)


def _places(before: Image.Image, after: Image.Image) -> float:
    rows = max(1, round(COLUMNS * before.height / before.width))
    grids = [image.resize((COLUMNS, rows), Image.Resampling.BOX).get_flattened_data() for image in (before, after)]
    pairs = zip(*grids, strict=True)
    return sum(max(abs(a - b) for a, b in zip(*pair, strict=True)) > LEVELS for pair in pairs) / (COLUMNS * rows)


def _colours(before: Image.Image, after: Image.Image) -> float:
    binned = [image.point([round(level / LEVELS) for level in range(256)] * 3) for image in (before, after)]
    shares = [_shares(image) for image in binned]
    return sum(abs(shares[0][colour] - shares[1][colour]) for colour in shares[0] | shares[1]) / 2


def _lost(before: Image.Image, after: Image.Image) -> tuple[tuple[int, ...], ...]:
    there = _shares(after)

    def found_again(colour: tuple[int, ...]) -> float:
        return sum(
            share
            for other, share in there.items()
            if max(abs(a - b) for a, b in zip(colour, other, strict=True)) <= NEAR
        )

    noted = {colour: share for colour, share in _flat_shares(before).items() if share >= NOTED}
    return tuple(colour for colour, share in noted.items() if found_again(colour) < share / 4)


def _shares(image: Image.Image) -> Counter[tuple[int, ...]]:
    """How much of the picture each colour covers."""
    area = image.width * image.height
    shares: Counter[tuple[int, ...]] = Counter()
    for number, colour in image.getcolors(maxcolors=area):
        shares[colour] = number / area
    return shares


def _flat_shares(image: Image.Image) -> Counter[tuple[int, ...]]:
    """The same, counting only what has its own colour to the right and below: faces and lines, not the edges of letters."""
    beside, below = (
        ImageChops.difference(image, ImageChops.offset(image, *step)).convert("L").point([255] + [0] * 255)
        for step in ((-1, 0), (0, -1))
    )
    flat = ImageChops.darker(beside, below)
    return _shares(Image.composite(image, Image.new("RGB", image.size, NOWHERE), flat)) - Counter({NOWHERE: 1.0})
