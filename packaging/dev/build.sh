# shellcheck shell=bash
# Part of ./dev: builds the dashboard and the C++ presets, each only when something has changed.

build_dashboard() {
  local stamp=$ROOT/build/stamps/web
  install_npm_packages web || return 1
  [[ -f web/dist/index.html ]] && same_as_stamp "$stamp" <(web_fingerprint) && return 0
  step "building the dashboard" web-build npm --prefix web run build || return 1
  mkdir -p "${stamp%/*}" && web_fingerprint >"$stamp"
}

# What the built dashboard depends on: its sources and lock file, and the contract its types come from.
web_fingerprint() {
  find web contract -type f -not -path '*/node_modules/*' -not -path 'web/dist/*' -not -path '*/test-results/*' -print0 |
    LC_ALL=C sort -z | xargs -0 sha256sum
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
