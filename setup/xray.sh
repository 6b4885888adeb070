#!/usr/bin/env bash
# The outside check of redacted copies, in .venv-xray: locked, each package checked against its hash. One of them is
# under the AGPL: nothing of it is in the product's own environment, and only one test asks it.
source "$(dirname "$0")/common.sh"

lock=requirements-xray.txt
xray=$(fingerprint "$lock" "$PWD")
if done_before .venv-xray/.done "$xray"; then
  exit 0
fi

python=$(setup/find-python.sh)
say "making .venv-xray with $("$python" --version)"
"$python" -m venv --clear .venv-xray || stop "no virtual environment could be made (on Debian: the package python3-venv)"
say "installing Python packages ($lock)"
.venv-xray/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes --only-binary :all: -r "$lock"
echo "$xray" >.venv-xray/.done
