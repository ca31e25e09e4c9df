"""How a failed command ends: the exit code of each failure."""

from collections.abc import Mapping
from typing import Final

from gphotosfs import errors

FAILED: Final = 1
SIGN_IN_NEEDED: Final = 3

# 2 is what click uses for wrong usage as well.
EXIT_CODES: Final[Mapping[type[errors.GPhotosError], int]] = {
    errors.ConfigError: 2,
    errors.SignInError: SIGN_IN_NEEDED,
    errors.NotMountedError: 4,
}
