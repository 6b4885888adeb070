"""What tests of several rooms stand on."""

import os
from typing import NoReturn

import pytest


def absent(what: str) -> NoReturn:
    """A part of the machine is missing: a failure where CI=true, since there it would hide what broke; else a skip."""
    reason = f"{what}; `make setup` as root installs it"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
