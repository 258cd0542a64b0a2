#!/usr/bin/env bash
# Whisper from whisper.cpp's container and from Hugging Face's says the same as from CTranslate2's: the weights are converted and
# used in its place.
set -u
cd "$(dirname "$0")/../.."
moim=${MOIM:-build/moim}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export XDG_DATA_HOME=$dir/data
models=${MOIM_MODELS:-${XDG_CACHE_HOME:-$HOME/.cache}/moim/models}
sox -q "$models/samples/two_cities.wav" "$dir/a.wav" trim 0 8 || exit 1
ct2=$("$moim" transcribe --lang en --no-rescore --plain "$dir/a.wav") || exit 1
python3 tests/golden/ct2_to_ggml.py "$models/whisper-base" "$dir/ggml-base.bin" "$dir/hf" || exit 1
"$moim" models use asr-accurate "$dir/ggml-base.bin" >/dev/null || exit 1
ggml=$("$moim" transcribe --lang en --no-rescore --plain "$dir/a.wav") || exit 1
[ -n "$ct2" ] && [ "$ct2" = "$ggml" ] || { echo "FAIL: CTranslate2 says: $ct2"; echo "      ggml says:        $ggml"; exit 1; }
echo "ok: $ggml"
"$moim" models add "$dir/hf" >/dev/null || exit 1
hf=$("$moim" transcribe --lang en --no-rescore --plain "$dir/a.wav") || exit 1
[ "$ct2" = "$hf" ] || { echo "FAIL: CTranslate2 says:  $ct2"; echo "      safetensors says: $hf"; exit 1; }
echo "ok: safetensors"
head -c 5000000 "$dir/ggml-base.bin" >"$dir/cut.bin"
"$moim" models use asr-accurate "$dir/cut.bin" 2>"$dir/err" && { echo "FAIL: a cut file was taken"; exit 1; }
[ "$(wc -l <"$dir/err")" -eq 1 ] || { echo "FAIL: $(cat "$dir/err")"; exit 1; }
echo "asr-accurate $dir/cut.bin" >"$dir/data/moim/models.conf" # it was whole when it was chosen
"$moim" transcribe "$dir/a.wav" >"$dir/out" 2>"$dir/err" && { echo "FAIL: a cut file was read"; exit 1; }
[ ! -s "$dir/out" ] && [ "$(wc -l <"$dir/err")" -eq 1 ] || { echo "FAIL: $(cat "$dir/err")"; exit 1; }
echo "ok: $(cat "$dir/err")"
# A rescorer that cannot be read costs its second opinion, not the words.
echo "rescorer $dir/a.wav" >"$dir/data/moim/models.conf"
sox -q "$dir/a.wav" "$dir/b.wav" trim 0 2 || exit 1
"$moim" transcribe --lang en --plain "$dir/b.wav" >"$dir/out" 2>"$dir/err" || { echo "FAIL: a damaged rescorer stops it: $(cat "$dir/err")"; exit 1; }
grep -q 'going on without rescoring' "$dir/err" && [ -s "$dir/out" ] || { echo "FAIL: $(cat "$dir/err" "$dir/out")"; exit 1; }
echo "ok: $(cat "$dir/err")"
