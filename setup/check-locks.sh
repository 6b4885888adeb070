#!/usr/bin/env bash
# The locks name packages, versions and hashes and nothing else. Part of `make check`.
source "$(dirname "$0")/common.sh"

if grep -nE '://|^ *-(i|f|-index-url|-extra-index-url|-find-links|-trusted-host)' requirements*.txt requirements*.in; then
  stop "an address in the Python locks (above)"
fi
if grep -nE '"resolved"' package-lock.json || grep -nE '(registry|cafile|proxy) *=' .npmrc; then
  stop "an address in the Node lock or its settings (above)"
fi
python=.venv/bin/python
"$python" - <<'PY' || stop "a Node package without a hash (above)"
import json, sys
packages = json.load(open("package-lock.json"))["packages"]
bare = [name for name, entry in packages.items() if name and not entry.get("integrity")]
print(*bare, sep="\n", end="\n" if bare else "")
sys.exit(bool(bare))
PY
