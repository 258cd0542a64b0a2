#!/usr/bin/env bash
# The NEON kernels of nn/, compiled for aarch64 and tested under qemu against the scalar ones, bit by bit.
set -eu
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
aarch64-linux-gnu-gcc -std=c17 -D_GNU_SOURCE -O2 -fno-math-errno -fno-trapping-math -ffp-contract=off -Wall -Wextra -Werror \
    -march=armv8.2-a+dotprod+fp16 -static -pthread -I. -Itests -Itests/nn/bare tests/nn/test_matmul.c \
    nn/matmul.c nn/weight.c nn/quant.c nn/quant_neon.c nn/vec.c nn/vec_neon.c nn/tensor.c nn/pool.c base/status.c base/text.c -lm -o "$out/test_matmul"
qemu-aarch64 "$out/test_matmul" | tee "$out/log"
[ "$(grep -c '^ok ' "$out/log")" -eq "$(grep -c 'cmocka_unit_test(' tests/nn/test_matmul.c)" ]
