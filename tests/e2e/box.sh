#!/usr/bin/env bash
# The simulated box: button, lights, mute, heat, battery and disk, on a daemon that records.
cd "$(dirname "$0")/../.." && exec python3 tests/e2e/box.py
