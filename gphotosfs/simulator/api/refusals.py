"""Google's words where it refuses a call (reference 1.7, 3.6 and 5)."""

from typing import Final

from gphotosfs.simulator.exchange import ApiError

_ERROR_INFO: Final = "type.googleapis.com/google.rpc.ErrorInfo"

_EXPECTED: Final = (
    "Expected OAuth 2 access token, login cookie or other valid authentication credential. "
    "See https://developers.google.com/identity/sign-in/web/devconsole-project."
)


def no_token() -> ApiError:
    """The request carries no token at all."""
    reason = {
        "@type": _ERROR_INFO,
        "reason": "CREDENTIALS_MISSING",
        "domain": "googleapis.com",
    }
    message = "Request is missing required authentication credential. " + _EXPECTED
    return ApiError(401, message, [reason])


def bad_token() -> ApiError:
    """The token is unknown, expired or revoked."""
    return ApiError(401, "Request had invalid authentication credentials. " + _EXPECTED)


def scope_lacking(*, detailed: bool) -> ApiError:
    """The token is good for other methods only, or the method was removed."""
    reason = {
        "@type": _ERROR_INFO,
        "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        "domain": "googleapis.com",
        "metadata": {"service": "photoslibrary.googleapis.com"},
    }
    message = "Request had insufficient authentication scopes."
    return ApiError(403, message, [reason] if detailed else None)


def quota_used_up(project_number: str) -> ApiError:
    """The day's calls are used up (reference 5)."""
    return ApiError(
        429,
        "Quota exceeded for quota metric 'All requests' and limit 'All requests per day' of service"
        " 'photoslibrary.googleapis.com' for consumer"
        f" 'project_number:{project_number}'.",
    )


def service_disabled(project_number: str) -> ApiError:
    """The API is not enabled in the project (reference 3.6)."""
    url = (
        "https://console.developers.google.com/apis/api/photoslibrary.googleapis.com/overview"
        f"?project={project_number}"
    )
    message = (
        f"Photos Library API has not been used in project {project_number} before or it is"
        f" disabled. Enable it by visiting {url} then retry. If you enabled this API recently, wait"
        " a few minutes for the action to propagate to our systems and retry."
    )
    info = {
        "@type": _ERROR_INFO,
        "reason": "SERVICE_DISABLED",
        "domain": "googleapis.com",
        "metadata": {
            "service": "photoslibrary.googleapis.com",
            "serviceTitle": "Photos Library API",
            "activationUrl": url,
            "consumer": f"projects/{project_number}",
            "containerInfo": project_number,
        },
    }
    link = {"description": "Google developers console API activation", "url": url}
    help_ = {"@type": "type.googleapis.com/google.rpc.Help", "links": [link]}
    return ApiError(403, message, [info, help_])
