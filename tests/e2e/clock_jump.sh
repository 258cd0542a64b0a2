#!/bin/sh
# Clocks that are set, and a program that is stopped, while a recording runs.
cd "$(dirname "$0")/../.." && exec python3 tests/e2e/clock_jump.py
