#!/bin/sh
# The daemon built with ThreadSanitizer (MOIM, or build-tsan/moim) under load with captions (tests/torture/tsan_daemon.py).
cd "$(dirname "$0")/../.." && MOIM=$(realpath "${MOIM:-build-tsan/moim}") exec python3 tests/torture/tsan_daemon.py
