# shellcheck shell=bash
# Part of ./dev: builds the contract, the dashboard and the C++ presets, each only when something has changed.

# build_product TARGET...: everything that build/release/taskgate needs, then those targets of it.
build_product() {
  build_contract && build_dashboard && build_server release "$@"
}

# contract/dist/openapi.json, which the server embeds.
build_contract() {
  install_npm_packages contract || return 1
  [[ contract/dist/openapi.json -nt contract/openapi.yaml && contract/dist/openapi.json -nt contract/build.mjs ]] ||
    step "building the contract" contract-build npm --prefix contract run build
}

build_dashboard() {
  local stamp=$ROOT/build/stamps/web
  install_npm_packages web || return 1
  [[ -f web/dist/index.html && -f web/socketio_client/dist/socket.io.js ]] && same_as_stamp "$stamp" web_fingerprint && return 0
  step "building the dashboard" web-build npm --prefix web run build || return 1
  mkdir -p "${stamp%/*}" && web_fingerprint >"$stamp"
}

# What the built dashboard depends on.
web_fingerprint() {
  find web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
}

# build_server PRESET TARGET...: ninja rebuilds what has changed; the first time it is configured.
build_server() {
  local preset=$1
  shift
  [[ -f build/$preset/build.ninja ]] ||
    step "configuring ($preset)" "configure-$preset" cmake --preset "$preset" || return 1
  step "compiling ($preset)" "build-$preset" ninja -C "build/$preset" -j "$(jobs_count)" "$@"
}

# A C++ file here takes up to 1.2 GB to compile: as many at once as there are cores and memory for; JOBS overrides.
jobs_count() {
  local cores by_memory
  cores=$(nproc)
  by_memory=$(awk '/^MemAvailable:/ { print int($2 / 1200000) }' /proc/meminfo 2>/dev/null)
  by_memory=${by_memory:-1}
  ((by_memory < 1)) && by_memory=1
  printf '%d' "${JOBS:-$((by_memory < cores ? by_memory : cores))}"
}
