#!/usr/bin/env bash
# Debian packages: only those that are missing, and only as root. Otherwise say what is missing, and go on: tests that
# need it say so themselves (they skip, or fail when CI=true).
#
#   setup/system.sh PART...    a part is one of: python chromium fonts postgresql softhsm ocr office
source "$(dirname "$0")/common.sh"

here() {
  case $1 in
    python) [[ -x .venv/bin/python ]] || "$(setup/find-python.sh)" -c 'import ensurepip, venv' 2>/dev/null ;;
    chromium) command -v chromium chromium-browser google-chrome >/dev/null ;;
    fonts) [[ -d /usr/share/fonts/truetype/liberation || -d /usr/share/fonts/truetype/liberation2 ]] ||
      { command -v fc-list >/dev/null && fc-list | grep -qi liberation; } ;;
    postgresql) compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null ;;
    softhsm) command -v softhsm2-util >/dev/null ;;
    ocr) command -v tesseract >/dev/null ;;
    office) command -v soffice >/dev/null ;;
    *) stop "unknown part '$1'" ;;
  esac
}

package() {
  case $1 in
    python) echo python3-venv ;;
    fonts) echo fonts-liberation ;;
    softhsm) echo softhsm2 ;;
    ocr) echo tesseract-ocr ;;
    office) echo libreoffice-writer-nogui ;;
    *) echo "$1" ;;
  esac
}

missing=()
for part in "$@"; do
  here "$part" || missing+=("$(package "$part")")
done
((${#missing[@]})) || exit 0

if ((EUID)) || ! command -v apt-get >/dev/null; then
  say "missing on this machine: ${missing[*]}"
  say "on Debian, as root: apt-get install --no-install-recommends ${missing[*]}"
  exit 0
fi

say "installing Debian packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
quiet=(-qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300)
mkdir -p .setup
log=.setup/apt.log
apt-get "${quiet[@]}" update >"$log" 2>&1 || say "the package lists could not all be refreshed; trying with those at hand"
apt-get "${quiet[@]}" install --yes --no-install-recommends "${missing[@]}" >>"$log" 2>&1 ||
  { tail -n 20 "$log" >&2; stop "apt-get could not install: ${missing[*]} (all of it: $log)"; }
