#!/usr/bin/env bash
# Print the folder for what tests make and throw away: in memory where there is room and programs may run from it,
# else the system's own. Tests commit thousands of times, and each commit waits for the disk, as in production.
# A TMPDIR that somebody has set stays.
set -euo pipefail

memory=/dev/shm
least_kb=$((4 * 1024 * 1024))

has_room() {
  [[ -d $memory && -w $memory ]] || return 1
  local free options available
  available=$(awk '/^MemAvailable/ { print $2 }' /proc/meminfo)
  free=$(df -k "$memory" | awk 'NR == 2 { print $4 }')
  options=$(awk -v at="$memory" '$2 == at { print $4 }' /proc/mounts)
  [[ ,$options, != *,noexec,* ]] && ((free >= least_kb && available >= 2 * least_kb))
}

if [[ -n ${TMPDIR:-} ]]; then
  echo "$TMPDIR"
elif has_room; then
  echo "$memory"
else
  echo /tmp
fi
