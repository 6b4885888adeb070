# What the set-up scripts share. Sourced, never run; leaves the shell in the project's root.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
umask 022

# The Makefile puts .venv/bin first; set-up looks at the machine itself.
PATH=${PATH//"$PWD/.venv/bin:"/}

say() { printf 'setup: %s\n' "$*"; }
stop() { printf 'setup: %s\n' "$*" >&2; exit 1; }

# fingerprint WORD-OR-FILE...: one hash over the words given and what the files among them hold.
fingerprint() {
  local item
  for item in "$@"; do
    if [[ -f $item ]]; then cat -- "$item"; else printf '%s\n' "$item"; fi
  done | sha256sum | cut -d' ' -f1
}

# done_before STAMP FINGERPRINT: whether the step was finished with just these inputs.
done_before() { [[ -f $1 && $(<"$1") == "$2" ]]; }
