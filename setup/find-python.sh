#!/usr/bin/env bash
# Print the Python to build the virtual environment with: 3.11, which the locks are made for, or else a newer one.
source "$(dirname "$0")/common.sh"

for name in python3.11 python3 python3.12 python3.13; do
  if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    command -v "$name"
    exit 0
  fi
done
stop "Python 3.11 or newer is needed and was not found"
