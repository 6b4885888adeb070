#!/usr/bin/env bash
# Make everything ready for one kind of work, and skip what is there. Called by the Makefile; safe to run at any time.
#
#   setup/ready.sh run     what the product itself needs
#   setup/ready.sh check   and what the checks and the fast tests need
#   setup/ready.sh test    and what the machine must have for browser and PostgreSQL tests
#   setup/ready.sh bench   only the other engines that ours is measured beside, in .venv-bench
source "$(dirname "$0")/common.sh"

level=${1:-run}
case $level in
  run | check | test | bench) ;;
  *) stop "unknown level '$level': run, check, test or bench" ;;
esac

# Two makes in one checkout take turns.
mkdir -p .setup
exec 9>.setup/lock
flock 9

if [[ $level == bench ]]; then
  setup/system.sh python
  exec setup/bench.sh
fi
case $level in
  run) setup/system.sh python && setup/python.sh run ;;
  check) setup/system.sh python && setup/python.sh dev ;;
  test) setup/system.sh python chromium fonts postgresql softhsm ocr office && setup/python.sh dev && setup/xray.sh ;;
esac
setup/node.sh
.venv/bin/python setup/vendor.py
