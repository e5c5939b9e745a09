# shellcheck shell=bash
# Part of ./dev: Debian packages. Costs one dpkg-query when nothing is missing, and needs no network then.

# install_packages [test|bench]: installs what is missing of packaging/packages.txt; lines with marks ("# test", "# bench", "# test bench")
# only when asked for one of them.
install_packages() {
  local missing
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    warn "this system ($(system_name)) has no apt: the packages of packaging/packages.txt are taken to be there"
    return 0
  fi
  mapfile -t missing < <(missing_packages "${1:-}")
  ((${#missing[@]} == 0)) && return 0
  can_be_root || {
    warn "these Debian packages are missing, and installing them needs root: ${missing[*]}"
    warn "run this once as root, then the same command again: apt-get install --no-install-recommends ${missing[*]}"
    return 1
  }
  step "updating the package lists" apt-update as_root apt-get update -q || return 1
  step "installing ${#missing[@]} Debian packages" apt-install \
    as_root apt-get install -q -y --no-install-recommends "${missing[@]}"
}

missing_packages() {
  comm -23 <(wanted_packages "$1" | sort -u) \
    <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' 2>/dev/null | sed -n 's/^installed //p' | sort -u)
}

wanted_packages() {
  local name mark
  while read -r name mark; do
    case $name in
      '' | '#'*) continue ;;
      nodejs) command -v node >/dev/null && continue ;;
      npm) command -v npm >/dev/null && continue ;;
    esac
    [[ -n $mark && " ${mark#\#} " != *" ${1:-none} "* ]] && continue
    printf '%s\n' "$name"
  done <packaging/packages.txt
}

# True when root, or when sudo works: without a password, or with somebody at the terminal to type it.
can_be_root() {
  ((EUID == 0)) && return 0
  command -v sudo >/dev/null || return 1
  if sudo -n true 2>/dev/null; then return 0; fi
  [[ -t 0 ]] && say "installing Debian packages needs root" && sudo -v
}

as_root() {
  if ((EUID == 0)); then
    DEBIAN_FRONTEND=noninteractive "$@"
  else
    sudo -n DEBIAN_FRONTEND=noninteractive "$@"
  fi
}
