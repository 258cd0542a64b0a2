#!/usr/bin/env bash
# Runs cmocka suites and end-to-end scripts, JOBS at a time; prints failures whole and one closing line.
#   [JOBS=N] [TEST_RUNNER=EMULATOR] run.sh PROGRAM...    (each must exit 0; a cmocka program's own count is added up, a script counts as one test)
set -u
jobs=${JOBS:-$(nproc)}
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

# Writes what became of one program: its printed lines, then "passed failed skipped" in a file beside them.
run_one() {
    local t=$1 at=$results/$2 start rc n f
    start=$(date +%s)
    timeout "${TEST_TIMEOUT:-1800}" ${TEST_RUNNER:-} "$t" >"$at.log" 2>&1 </dev/null
    rc=$?
    n=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test(s)\.$/\1/p' "$at.log" | awk '{s += $1} END {print s + 0}')
    f=$(grep -a -c '^\[  FAILED  \] [a-zA-Z_]' "$at.log")
    if [ $rc -eq 0 ]; then
        case $t in *.sh) n=1 ;; esac
        if [ "$n" -eq 0 ]; then rc=99; echo "ran no test" >>"$at.log"; fi
    fi
    if [ $rc -eq 77 ]; then # what this machine does not allow, said by its last line
        echo "SKIP  $t  ($(tail -n 1 "$at.log"))"
        echo "$n 0 1" >"$at.count"
    elif [ $rc -eq 0 ]; then
        echo "ok    $t  ($n tests, $(($(date +%s) - start)) s)"
        echo "$n 0 0" >"$at.count"
    else
        [ "$f" -gt 0 ] || f=1
        printf 'FAIL  %s  (exit %s)\n%s\n' "$t" $rc "$(grep -a -v -E '^\[ (RUN|      OK) ' "$at.log" | tail -n 40 | sed 's/^/    /')"
        echo "$n $f 0 $t" >"$at.count"
    fi
}

number=0
for t in "$@"; do
    [ "$(jobs -rp | wc -l)" -lt "$jobs" ] || wait -n
    number=$((number + 1))
    run_one "$t" $number &
done
wait
cat "$results"/*.count 2>/dev/null | awk '$4 {print "failed: " $4}'
cat "$results"/*.count 2>/dev/null | awk -v want=$number '{p += $1; f += $2; s += $3} END {
    if (NR != want) { print want - NR " programs left no result"; f++ }
    print p + 0 " passed, " f + 0 " failed, " s + 0 " skipped"; exit f > 0 }'
