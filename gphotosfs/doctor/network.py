"""Whether Google can be reached, and what its clock says of ours."""

from datetime import UTC, datetime
from typing import Final

from gphotosfs.doctor.finding import Finding, failed, fine
from gphotosfs.errors import RemoteError
from gphotosfs.google.transport.hearing import Heard
from gphotosfs.google.transport.unheard import Unheard, why_unheard

# Access tokens live an hour and certificates days; a smaller difference harms nothing.
CLOCK_OFF_MAX_S: Final = 300.0


def unheard(error: RemoteError, now_s: float) -> Finding:
    """The finding for a question that brought no answer at all."""
    cause, why = why_unheard(error)
    match cause:
        case Unheard.WRONG_CLOCK:
            return wrong_clock(now_s, why)
        case Unheard.FOREIGN_CERTIFICATE:
            return failed(
                "TLS",
                f"something between this machine and Google shows a certificate of its own ({why}): "
                "a company's proxy, a virus scanner, a captive portal",
                "if you trust it, let SSL_CERT_FILE name its certificate in PEM; if not, use another "
                "network",
            )
        case Unheard.BROKEN_TLS:
            return failed(
                "TLS",
                "the encrypted connection to Google is broken off on its way",
                "try another network; ask who runs this one",
            )
        case Unheard.PROXY:
            return failed(
                "network",
                f"the proxy refuses: {why}",
                "look at HTTPS_PROXY and at the proxy's own rules",
            )
        case Unheard.NO_NAME:
            return failed(
                "network",
                "Google's name can't be resolved: there is no network, or no name server in it",
                "connect to a network; if there is one, look at /etc/resolv.conf",
            )
        case Unheard.SILENCE:
            return failed(
                "network",
                f"no answer: {why}",
                "connect to a network; a firewall may drop what goes to Google",
            )
    return failed("network", why, "connect to a network")


def wrong_clock(now_s: float, why: str) -> Finding:
    """The finding for a clock that Google's certificates or dates disprove."""
    here = datetime.fromtimestamp(now_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return failed(
        "clock",
        f"this machine's clock says {here}, which can't be right ({why})",
        "set it, best for good: timedatectl set-ntp true",
    )


def reached(heard: Heard, now_s: float) -> list[Finding]:
    """Whether it is Google that answered, and what its clock says of ours."""
    if not heard.members and (heard.status == 200 or 300 <= heard.status < 400):
        return [
            failed(
                "network",
                "a page of this network answers in Google's place",
                "open any page in a browser and sign in to the network there",
            )
        ]
    if heard.status >= 500:
        return [failed("network", f"Google has trouble (HTTP {heard.status})", "try again later")]
    if heard.date_s is not None and abs(heard.date_s - now_s) > CLOCK_OFF_MAX_S:
        minutes = round((now_s - heard.date_s) / 60)
        return [
            wrong_clock(now_s, f"{abs(minutes)} minutes {'ahead' if minutes > 0 else 'behind'}")
        ]
    return [fine("network", "Google answers, and the clock is right")]
