#!/usr/bin/env bash
# Runs cmocka suites and end-to-end scripts one after another; prints failures whole and one closing line.
#   [TEST_RUNNER=EMULATOR] run.sh PROGRAM...    (each must exit 0; a cmocka program's own count is added up, a script counts as one test)
set -u
passed=0 failed=0 skipped=0 bad=()
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for t in "$@"; do
    start=$(date +%s)
    timeout "${TEST_TIMEOUT:-1800}" ${TEST_RUNNER:-} "$t" >"$log" 2>&1 </dev/null
    rc=$?
    n=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test(s)\.$/\1/p' "$log" | awk '{s += $1} END {print s + 0}')
    f=$(grep -c '^\[  FAILED  \] [a-zA-Z_]' "$log")
    if [ $rc -eq 0 ]; then
        case $t in *.sh) n=1 ;; esac
        if [ "$n" -eq 0 ]; then rc=99; echo "ran no test" >>"$log"; fi
    fi
    if [ $rc -eq 77 ]; then # what this machine does not allow, said by its last line
        echo "SKIP  $t  ($(tail -n 1 "$log"))"
        skipped=$((skipped + 1))
    elif [ $rc -eq 0 ]; then
        echo "ok    $t  ($n tests, $(($(date +%s) - start)) s)"
    else
        [ "$f" -gt 0 ] || f=1
        failed=$((failed + f))
        bad+=("$t")
        echo "FAIL  $t  (exit $rc)"
        grep -v -E '^\[ (RUN|      OK) ' "$log" | tail -n 40 | sed 's/^/    /'
    fi
    passed=$((passed + n))
done
[ ${#bad[@]} -eq 0 ] || printf 'failed: %s\n' "${bad[@]}"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
