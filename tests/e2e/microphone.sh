#!/usr/bin/env bash
# The chosen microphone: what the command line chooses the page shows, and the other way round.
cd "$(dirname "$0")/../.." && exec python3 tests/e2e/microphone.py
