#!/usr/bin/env bash
# make bench: the peers in a venv of their own under the cache, then tests/bench/bench.py in it. MOIM_BENCH_PYTHON names a
# Python that has them already. A peer that cannot be installed is left out, and the table shows a dash.
set -eu
build=${1:-build}; shift || true
venv=${XDG_CACHE_HOME:-$HOME/.cache}/moim/bench-venv
python=${MOIM_BENCH_PYTHON:-$venv/bin/python}
if [ -z "${MOIM_BENCH_PYTHON:-}" ]; then
    [ -x "$python" ] || python3 -m venv "$venv"
    # llama.cpp's default build can crash in AMX code: built for AVX-512 where this CPU has it, else for AVX2.
    flags="-DGGML_NATIVE=OFF -DGGML_AVX=ON -DGGML_AVX2=ON -DGGML_FMA=ON -DGGML_F16C=ON -DGGML_BMI2=ON"
    grep -q avx512_vnni /proc/cpuinfo && flags="$flags -DGGML_AVX512=ON -DGGML_AVX512_VNNI=ON -DGGML_AVX512_VBMI=ON"
    for p in numpy faster-whisper hama==1.7.0 pywhispercpp llama-cpp-python==0.3.36; do
        "$python" -m pip -q show "${p%%=*}" >/dev/null 2>&1 || { echo "installing $p" >&2; CMAKE_ARGS=$flags "$python" -m pip -q install "$p" || echo "$p: not installed, left out" >&2; }
    done
fi
exec "$python" "$(dirname "$0")/bench.py" "$build" "$@"
