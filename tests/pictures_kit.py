"""Colour profiles for test pictures."""

from PIL import ImageCms


def linear_profile() -> bytes:
    """The colours of sRGB with a straight line for its curve: a grey of 128 is one of 188 in sRGB.

    ICC.1:2022, 10.18: a parametric curve of kind 0 has one parameter, its exponent.
    """
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = bytearray(srgb.replace("sRGB".encode("utf-16-be"), "flat".encode("utf-16-be")))
    at = profile.index(b"para")
    while at >= 0:
        profile[at + 8 : at + 10] = b"\0\0"
        profile[at + 12 : at + 16] = b"\0\1\0\0"
        at = profile.find(b"para", at + 4)
    return bytes(profile)
