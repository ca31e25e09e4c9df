"""A person in front of the simulated consent page, without a browser.

As a program, `python tests/person.py ADDRESS [DECISION [SCOPE…]]` opens the page, decides, and
follows the redirect; this is what a test names in $BROWSER.
"""

import sys
from html.parser import HTMLParser

import httpx


class _Form(HTMLParser):
    """The fields of a page's form as a browser would send them untouched."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        is_sent = found.get("type") == "hidden" or "checked" in found
        if tag == "input" and is_sent:
            self.fields.setdefault(str(found["name"]), []).append(str(found["value"]))


def decide(address: str, decision: str = "allow", untick: tuple[str, ...] = ()) -> str:
    """The address to which the page leads back; scopes that end like one of `untick` are unticked."""
    with httpx.Client(trust_env=False) as http:
        form = _Form()
        form.feed(http.get(address).raise_for_status().text)
        ticks = form.fields.get("tick", [])
        form.fields["tick"] = [scope for scope in ticks if not scope.endswith(untick or ("\0",))]
        where = httpx.URL(address).copy_with(query=None)
        answer = http.post(where, data={**form.fields, "decision": decision})
    return str(answer.headers["Location"])


if __name__ == "__main__":
    address, decision, *unticked = [*sys.argv[1:], "allow"][: max(2, len(sys.argv) - 1)]
    target = decide(address, decision, tuple(unticked))
    httpx.get(target, trust_env=False).raise_for_status()
