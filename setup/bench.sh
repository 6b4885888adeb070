#!/usr/bin/env bash
# The other engines that ours is measured beside, in .venv-bench: locked, each checked against its hash. They run
# nothing but the measurement, and the product's own environment does not know them.
source "$(dirname "$0")/common.sh"

lock=requirements-bench.txt
bench=$(fingerprint "$lock" "$PWD")
if done_before .venv-bench/.done "$bench"; then
  exit 0
fi

python=$(setup/find-python.sh)
say "making .venv-bench with $("$python" --version)"
"$python" -m venv --clear .venv-bench || stop "no virtual environment could be made (on Debian: the package python3-venv)"
pip=(.venv-bench/bin/python -m pip --disable-pip-version-check --quiet)

# vakt has no wheel. Everything else first, its builder among it, so that building it fetches nothing.
say "installing Python packages ($lock)"
scratch=$(mktemp)
trap 'rm -f "$scratch"' EXIT
awk '/^[a-z]/ { mine = /^vakt==/ } !mine' "$lock" >"$scratch"
"${pip[@]}" install --require-hashes --only-binary :all: -r "$scratch"
"${pip[@]}" install --require-hashes --only-binary :all: --no-binary vakt --no-build-isolation -r "$lock"
echo "$bench" >.venv-bench/.done
