# shellcheck shell=bash
# Part of ./dev: the test suites. Each leaves its results in build/results/SUITE: reports in JSON, and one *.problem file for
# everything that went wrong outside a test (did not build, crashed, ran out of time), which counts as one failure.

RESULTS=$ROOT/build/results
DEFAULT_SUITES=(dev unit web contract api faults sdk e2e)
# Those that only run when they are named.
FURTHER_SUITES=(faults-long tsan lint)
TEST_SECONDS_MAX=1800
# After this many seconds of tests, `./dev test --then-check` leaves the checks out.
CHECK_AFTER_SECONDS_MAX=1800

declare -A NEEDED=()
TOTAL_PASSED=0
TOTAL_FAILED=0
ROWS=()
FAILURES=()

# run_suites CHECK_TOO [SUITE...]: ends with the one line "N passed, N failed" and fails when anything failed. With CHECK_TOO=yes and
# nothing failed and time left, the checks follow; of them only failures count.
run_suites() {
  local check_too=$1 suite passed
  shift
  (($# > 0)) || set -- "${DEFAULT_SUITES[@]}"
  for suite; do
    declare -F "suite_$suite" >/dev/null || die "there is no test suite '$suite'; there are: ${DEFAULT_SUITES[*]} ${FURTHER_SUITES[*]}"
  done
  if ! rm -rf "$RESULTS" || ! mkdir -p "$RESULTS"; then
    die "cannot write to $RESULTS: check the owner of the checkout and the free space"
  fi
  for suite; do run_suite "$suite"; done
  if [[ $check_too == yes && $TOTAL_FAILED == 0 ]]; then
    passed=$TOTAL_PASSED
    if ((SECONDS < CHECK_AFTER_SECONDS_MAX)); then
      for suite in lint tsan; do run_suite "$suite"; done
    else
      ROWS+=("lint and tsan were left out: the tests took longer than $CHECK_AFTER_SECONDS_MAX s")
    fi
    TOTAL_PASSED=$passed
  fi
  print_summary
  ((TOTAL_FAILED == 0))
}

run_suite() {
  local suite=$1 begin=$SECONDS passed failed skipped
  mkdir -p "$RESULTS/$suite"
  if install_packages test && use_node; then
    "suite_$suite"
  else
    problem "$suite" "the packages it needs are missing"
  fi
  read_totals "$suite"
  TOTAL_PASSED=$((TOTAL_PASSED + passed))
  TOTAL_FAILED=$((TOTAL_FAILED + failed))
  ROWS+=("$(printf '%-11s %7d passed %5d failed %5d skipped %6d s' "$suite" "$passed" "$failed" "$skipped" $((SECONDS - begin)))")
}

# Sets passed, failed and skipped of the caller, and adds to FAILURES. A suite that ran nothing has failed.
read_totals() {
  local suite=$1 lines file
  passed=0 failed=0 skipped=0
  if mapfile -t lines < <(node packaging/dev/test_totals.mjs "$RESULTS/$suite") && ((${#lines[@]} > 0)); then
    read -r passed failed skipped <<<"${lines[0]}"
    for file in "${lines[@]:1}"; do FAILURES+=("$suite: $file"); done
  fi
  for file in "$RESULTS/$suite"/*.problem; do
    [[ -f $file ]] || continue
    failed=$((failed + 1))
    FAILURES+=("$suite: $(<"$file")")
  done
  if ((passed + failed == 0)); then
    failed=1
    FAILURES+=("$suite: ran no test")
  fi
}

print_summary() {
  local row
  say ""
  if ((${#FAILURES[@]} > 0)); then
    printf 'FAILED %s\n' "${FAILURES[@]:0:50}"
    ((${#FAILURES[@]} <= 50)) || say "... and $((${#FAILURES[@]} - 50)) more; all in build/results"
    say ""
  fi
  for row in "${ROWS[@]}"; do say "$row"; done
  say "$TOTAL_PASSED passed, $TOTAL_FAILED failed"
}

problem() { printf '%s\n' "$2" >"$(mktemp "$RESULTS/$1/XXXXXX.problem")"; }

# run_tests SUITE NAME REPORT COMMAND...: one test program. Failed tests are in its report; a failure that the report does not show
# (a crash, a sanitizer's finding, the time limit) becomes a problem.
run_tests() {
  local suite=$1 name=$2 report=$3 code=0
  shift 3
  step "$suite: $name" "test-$suite-$name" timeout --kill-after=30 "$TEST_SECONDS_MAX" "$@" || code=$?
  ((code == 0)) && return 0
  if ((code == 124 || code == 137)); then
    problem "$suite" "$name did not finish in $TEST_SECONDS_MAX s"
  elif ! node packaging/dev/test_totals.mjs --has-failures "$report"; then
    problem "$suite" "$name ended with exit code $code; see build/logs/test-$suite-$name.log"
  fi
}

run_unit_tests() {
  local suite=$1 preset=$2 program name
  shift 2
  needs "$suite" build_contract || return
  needs "$suite" build_server "$preset" all || return
  for program in build/"$preset"/tests/*_tests; do
    [[ -x $program ]] || continue
    name=${program##*/}
    run_tests "$suite" "$name" "$RESULTS/$suite/$name.json" \
      "$@" "$program" --gtest_brief=1 --gtest_output="json:$RESULTS/$suite/$name.json"
  done
}

suite_unit() { UBSAN_OPTIONS=print_stacktrace=1 run_unit_tests unit asan env; }

# g++ 12's thread sanitizer cannot live with the address randomisation of newer kernels; setarch turns it off where that is allowed.
suite_tsan() {
  if setarch "$(uname -m)" -R true 2>/dev/null; then
    run_unit_tests tsan tsan setarch "$(uname -m)" -R
  else
    run_unit_tests tsan tsan env
  fi
}

suite_web() {
  needs web install_npm_packages web || return
  run_vitest web web .
}

# ./dev itself.
suite_dev() {
  needs dev install_npm_packages tests || return
  run_vitest dev tests dev
}

suite_contract() { run_black_box contract vitest; }
suite_api() { run_black_box api vitest; }
suite_faults() { run_black_box faults vitest; }
suite_e2e() { run_black_box e2e playwright; }

# The same, with more than a hundred kills and more seeded histories of the queue: some five minutes.
suite_faults-long() {
  needs faults-long build_product all || return
  needs faults-long install_npm_packages tests || return
  TASKGATE_KILLS=${TASKGATE_KILLS:-120} run_vitest faults-long tests faults
  needs faults-long build_contract || return
  needs faults-long build_server asan all || return
  histories jobs_tests 'QueueSimulator.Finds*' 6000
  histories store_sqlite_tests 'QueueHistories.Break*:SubmitHistories.*' 600
}

# histories PROGRAM FILTER NUMBER: so many of them, unless TASKGATE_HISTORIES says otherwise.
histories() {
  run_tests faults-long "$1" "$RESULTS/faults-long/$1.json" env TASKGATE_HISTORIES="${TASKGATE_HISTORIES:-$3}" \
    "build/asan/tests/$1" --gtest_brief=1 --gtest_filter="$2" --gtest_output="json:$RESULTS/faults-long/$1.json"
}

# The client and worker libraries and the examples, alone and against build/release/taskgate.
suite_sdk() {
  needs sdk build_product all || return
  needs sdk install_npm_packages sdk/typescript || return
  needs sdk build_typescript_sdk || return
  needs sdk install_npm_packages examples/thumbnails || return
  run_vitest sdk sdk/typescript . typescript
  run_vitest sdk examples/thumbnails . thumbnails
  run_tests sdk python "$RESULTS/sdk/python.json" python3 packaging/dev/unittest_report.py sdk/python "$RESULTS/sdk/python.json"
  run_tests sdk word-count "$RESULTS/sdk/word-count.json" \
    env PYTHONPATH=sdk/python python3 packaging/dev/unittest_report.py examples/word-count "$RESULTS/sdk/word-count.json"
}

build_typescript_sdk() { step "building sdk/typescript" sdk-build npm --prefix sdk/typescript run build; }

# Tests of tests/SUITE, against build/release/taskgate.
run_black_box() {
  local suite=$1
  needs "$suite" build_product all || return
  needs "$suite" install_npm_packages tests || return
  "run_$2" "$suite" tests "$suite"
}

# needs SUITE COMMAND...: without what the command provides the suite cannot run, which is one failure. What several suites need is
# tried once.
needs() {
  local suite=$1
  shift
  if [[ -z ${NEEDED[$*]:-} ]]; then
    if "$@"; then NEEDED[$*]=yes; else NEEDED[$*]=no; fi
  fi
  [[ ${NEEDED[$*]} == yes ]] && return 0
  problem "$suite" "could not start, because this failed: $*"
  return 1
}

# run_vitest SUITE FOLDER ROOT [NAME]: the tests below FOLDER/ROOT with the npm packages of FOLDER; the name tells the runs of a suite apart.
run_vitest() {
  local name=${4:-vitest}
  local report=$RESULTS/$1/$name.json
  run_tests "$1" "$name" "$report" env -C "$2" \
    npx --no-install vitest run --root "$3" --reporter=default --reporter=json --outputFile.json="$report"
}

run_playwright() {
  local report=$RESULTS/$1/playwright.json
  run_tests "$1" playwright "$report" env -C "$2" PLAYWRIGHT_JSON_OUTPUT_FILE="$report" \
    npx --no-install playwright test -c "$3" --reporter=list,json
}

suite_lint() {
  run_check clang-format lint_cpp
  run_check shellcheck lint_shell
  needs lint install_npm_packages web && run_check web npm --prefix web run lint
  needs lint install_npm_packages tests && run_check tests npm --prefix tests run typecheck
  needs lint install_npm_packages sdk/typescript && needs lint build_typescript_sdk &&
    needs lint install_npm_packages examples/thumbnails && run_check sdk lint_sdk
}

# A check has no report of its own: it is one test.
run_check() {
  local name=$1 ok=true
  shift
  step "lint: $name" "lint-$name" "$@" || ok=false
  printf '{"check":"%s","ok":%s}\n' "$name" "$ok" >"$RESULTS/lint/$name.json"
}

lint_cpp() { find server bench/load \( -name '*.h' -o -name '*.cpp' \) -exec clang-format --dry-run -Werror {} +; }

lint_sdk() { npm --prefix sdk/typescript run typecheck && npm --prefix examples/thumbnails run typecheck; }

lint_shell() { shellcheck dev .ci/run packaging/dev/*.sh; }
