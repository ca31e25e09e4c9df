"""Bytes of photos and films, drawn when they are asked for."""

import io

from PIL import Image

from gphotosfs.simulator.items import Item


def render(item: Item, variant: str) -> tuple[str, bytes]:
    """MIME type and bytes."""
    picture = Image.linear_gradient("L").resize((item.width // 4 or 8, item.height // 4 or 8))
    tinted = Image.merge("RGB", (picture, picture, Image.new("L", picture.size, item.motif % 256)))
    buffer = io.BytesIO()
    tinted.save(buffer, "JPEG", quality=90, comment=f"{item.motif} {variant}".encode())
    return "image/jpeg", buffer.getvalue()
