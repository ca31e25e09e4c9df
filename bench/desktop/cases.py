"""What is opened in a file manager: the same album through several mounts."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bench.google import API_LATENCY_S, MEDIA_LATENCY_S
from bench.google import Library as CheapLibrary
from bench.peers import GPHOTOSFS, RCLONE_FULL, RCLONE_PLAIN, Peer

from bench.google import Google
from gphotosfs.simulator.process import Running, running
