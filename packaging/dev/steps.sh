# shellcheck shell=bash
# Part of ./dev: what it says, and how it runs a long step.

say() { printf '%s\n' "$*"; }

warn() { printf 'dev: %s\n' "$*" >&2; }

die() {
  warn "$*"
  exit 1
}

# step WHAT LOG COMMAND...: runs the command with its output in build/logs/LOG.log, and prints one line. On failure the end of
# the log and, where it can be told, the reason; returns the command's exit code.
step() {
  local what=$1 log=$LOGS/$2.log begin=$SECONDS code=0
  shift 2
  printf -- '- %s ... ' "$what"
  "$@" >"$log" 2>&1 </dev/null || code=$?
  if ((code == 0)); then
    printf 'done (%d s)\n' $((SECONDS - begin))
    return 0
  fi
  printf 'failed\n'
  show_failure "$log" >&2
  warn "$what failed (exit code $code); the whole log is ${log#"$ROOT"/}"
  explain_failure "$log"
  return "$code"
}

# The errors that a compiler or CMake names, which may stand far above the end of the log, and its end; long lines cut.
show_failure() {
  {
    grep -E '(^|[: ])(fatal )?error: |^CMake Error|undefined reference' "$1" | head -n 12
    tail -n 30 "$1"
  } | cut -c 1-240 | awk '!shown[$0]++' | sed 's/^/    /'
}

# Turns the usual causes into a sentence that says what to do.
explain_failure() {
  local log=$1
  if grep -qiE 'No space left on device|ENOSPC' "$log" || (($(free_kilobytes) < 100000)); then
    warn "the disk is full: $(free_kilobytes) kB free in $ROOT. Free about 3 GB and run the same command again."
  elif grep -qE 'Could not get lock|Unable to acquire the dpkg' "$log"; then
    warn "another program is installing packages. Wait until it has finished and run the same command again."
  elif grep -qE 'dpkg --configure -a' "$log"; then
    warn "an earlier installation was interrupted. Run 'dpkg --configure -a' as root, then the same command again."
  elif grep -qE 'Temporary failure resolving|Could not resolve|Could not connect|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH' "$log"; then
    warn "the network cannot be reached, and packages are missing. Check the connection (and proxy) and run the same command again."
  elif grep -qE 'Unable to locate package|has no installation candidate' "$log"; then
    warn "packaging/packages.txt names packages of Debian 12 (bookworm), section main; this system is $(system_name)."
  elif grep -qE 'Killed signal terminated program|cc1plus.*[Kk]illed|out of memory|heap out of memory' "$log"; then
    warn "the machine ran out of memory. Close other programs, or build with fewer jobs: JOBS=1 ./dev build"
  fi
}

free_kilobytes() { df -Pk "$ROOT" | awk 'NR == 2 { print $4 }'; }

system_name() {
  local name
  name=$(sed -n 's/^PRETTY_NAME="\(.*\)"$/\1/p' /etc/os-release 2>/dev/null)
  printf '%s' "${name:-not known}"
}
