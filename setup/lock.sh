#!/usr/bin/env bash
# Write the locks anew from requirements*.in and package.json: exact versions, hashes, no address of any registry.
# Machine settings (extra indexes, folders of wheels) are kept out, so that the hashes are the public registry's.
source "$(dirname "$0")/common.sh"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export PIP_CONFIG_FILE=/dev/null CUSTOM_COMPILE_COMMAND='make lock'
unset PIP_FIND_LINKS PIP_INDEX_URL PIP_EXTRA_INDEX_URL

"$(setup/find-python.sh)" -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet 'pip-tools==7.6.2'
for name in requirements requirements-dev requirements-node requirements-bench requirements-xray; do
  say "locking $name.in"
  "$scratch/venv/bin/pip-compile" --quiet --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url \
    --no-emit-find-links --no-emit-trusted-host --no-emit-options "$@" --output-file "$name.txt" "$name.in"
done

say "locking package.json"
PATH="$PWD/.venv/bin:$PATH" npm install --package-lock-only --ignore-scripts --no-audit --no-fund --loglevel=error
setup/check-locks.sh
