"""The pages of documentation that messages point to."""

from pathlib import Path


def sign_in_page() -> str:
    """Where the page lies that shows every click of signing in."""
    # In the package, or beside it in a checkout.
    places = [Path(__file__).parents[level] / "docs" / "SIGN-IN.md" for level in (1, 2)]
    return str(next((place for place in places if place.exists()), "docs/SIGN-IN.md"))
