"""What holds for all tests."""

import os
import signal

from hypothesis import HealthCheck, settings

# The same examples each time: what CI says of a commit is true of it tomorrow. To look further:
# HYPOTHESIS_PROFILE=explore pytest tests/property
settings.register_profile(
    "check", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "check"))

# A shell has what it starts in the background ignore Ctrl-C, and so would the programs that are tested.
signal.signal(signal.SIGINT, signal.default_int_handler)
