"""The bytes of somebody's picture -> the same picture, drawn anew: pixels, and nothing that came along with them. Pure, but for Pillow, an extra.

What is hidden in a picture (a place, a camera, words, a second file behind its end, further frames) is not what an editor wants to
publish, and what makes a decoder work for hours is refused before it is asked to.
"""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

from roundup.figures import MAX_BYTES, MAX_PIXELS, look

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

_SCANS = 100  # of a JPEG, of which ordinary ones have 1 to 20; each costs a pass over all pixels, and a hundred bytes are enough for one
_MODES = frozenset(("1", "L", "LA", "P", "RGB", "RGBA", "I;16"))
_QUALITY = 92


def redrawn(data: bytes) -> tuple[bytes, str]:
    """Return a PNG or a JPEG of the picture's first frame, and the ending of its name; the same bytes give the same, with one release of Pillow.

    ValueError says why the bytes are no picture that can be taken.
    """
    kind, _, _ = look(data)
    if kind == "SVG":
        raise ValueError("is an SVG, which can hold more than a picture; save it as PNG")
    if kind == "JPEG" and data.count(b"\xff\xda") > _SCANS:
        raise ValueError("is a JPEG that is made to be slow to read; save it again")
    picture = _bare(data, kind)
    made = io.BytesIO()
    if kind == "JPEG":
        picture.save(made, "JPEG", quality=_QUALITY, subsampling=0)
    else:
        picture.save(made, "PNG", compress_level=6)
    if made.tell() > MAX_BYTES:
        raise ValueError(f"is too large: {made.tell():,} bytes when drawn anew, the limit is {MAX_BYTES:,}; make it smaller")
    return made.getvalue(), ".jpg" if kind == "JPEG" else ".png"


def _bare(data: bytes, kind: str) -> Picture:
    """Return the first frame, upright, with its pixels and colours alone; Pillow reads it as what its bytes say, and as nothing else."""
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data), formats=[kind.upper()]) as picture:
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.simplefilter("ignore", UserWarning)  # of EXIF that is broken; it goes anyway
            if picture.width * picture.height > MAX_PIXELS:
                raise ValueError  # a frame may be larger than the file's head says
            picture.load()
            clear = picture.info.get("transparency")
            upright = ImageOps.exif_transpose(picture)
    except Exception as error:  # Pillow's readers raise whatever they stumble over
        raise ValueError("is broken, cut short, or made to be slow to read; save it again") from error
    if kind == "JPEG":
        return _only(upright if upright.mode in ("L", "RGB") else upright.convert("RGB"))
    if clear is not None or upright.mode not in _MODES:
        return _only(upright.convert("RGBA"))
    return _only(upright)


def _only(picture: Picture) -> Picture:
    """Return the picture without what Pillow remembers of its file, of which it would write some again."""
    bare = picture.copy()
    bare.info = {}
    return bare
