#!/usr/bin/env bash
# The virtual environment in .venv: locked packages, each checked against its hash, and this project in place.
#
#   setup/python.sh run    what the product needs
#   setup/python.sh dev    and what tests and checks need
source "$(dirname "$0")/common.sh"

level=${1:?run or dev}
case $level in
  run) lock=requirements.txt ;;
  dev) lock=requirements-dev.txt ;;
  *) stop "unknown level '$level': run or dev" ;;
esac

if ! .venv/bin/python -c '' 2>/dev/null; then
  python=$(setup/find-python.sh)
  say "making .venv with $("$python" --version)"
  "$python" -m venv --clear .venv || stop "no virtual environment could be made (on Debian: the package python3-venv)"
fi

# Wheels only: nothing that is installed may run code on the way in.
pip=(.venv/bin/python -m pip --disable-pip-version-check --quiet)

# "dev" holds all of "run", so whoever has it needs nothing for the product.
run=$(fingerprint requirements.txt "$PWD")
dev=$(fingerprint requirements-dev.txt "$PWD")
if ! done_before ".venv/.$level" "${!level}" && ! { [[ $level == run ]] && done_before .venv/.dev "$dev"; }; then
  say "installing Python packages ($lock)"
  "${pip[@]}" install --require-hashes --only-binary :all: -r "$lock"
  echo "${!level}" >".venv/.$level"
fi

project=$(fingerprint pyproject.toml "$PWD")
if ! done_before .venv/.project "$project"; then
  say "installing this project in place"
  "${pip[@]}" install --no-index --no-deps --no-build-isolation --editable .
  echo "$project" >.venv/.project
fi
