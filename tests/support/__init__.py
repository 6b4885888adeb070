"""What tests of several rooms stand on."""

import os
from typing import NoReturn

import pytest


def absent(what: str) -> NoReturn:
    """A part of the machine is missing: a skip, but where CI=true a failure, since a skip would hide it."""
    reason = f"{what}; `make setup` as root installs it"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
