"""What faults make of an answer (faults.py)."""

from gphotosfs.simulator.content import Whole
from gphotosfs.simulator.exchange import Answer, ApiError, Kind, html_answer
from gphotosfs.simulator.faults import Fault


def instead(kind: Kind, fault: Fault | None) -> Answer | None:
    """What a fault puts in the place of the whole answer."""
    if fault is None:
        return None
    if fault.effect == "status":
        if kind in ("media", "redirected"):
            return html_answer(fault.status, "Server Error", "That\u2019s all we know.")
        return ApiError(fault.status, "The service is currently unavailable.").answer()
    if fault.effect == "html":
        return html_answer(200, "OK", "Please sign in to this network.")
    if fault.effect == "garbage":
        return Answer(200, Whole("application/json; charset=UTF-8", b'{"mediaItems": [{"id": "A'))
    return None


def misstate(answer: Answer, fault: Fault) -> None:
    """Let a header be wrong, if that is the fault: the encoding, or a partial answer's range."""
    if fault.effect == "gzip":
        answer.headers["Content-Encoding"] = "gzip"
    if answer.status != 206:
        return
    last, total = answer.end - 1, answer.content.size_bytes
    if fault.effect == "wrong_range":
        moved = max(1, fault.bytes)
        # The bytes that come are those that the header tells of: another range than was asked for.
        answer.start = min(answer.start + moved, last)
        answer.headers["Content-Range"] = f"bytes {answer.start}-{last}/{total}"
    elif fault.effect == "wrong_total":
        total += max(1, fault.bytes)
        answer.headers["Content-Range"] = f"bytes {answer.start}-{last}/{total}"
