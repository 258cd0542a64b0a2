#!/usr/bin/env bash
# Silence, music and noise give no words at all, whatever the language. SECONDS_EACH=180 makes it half an
# hour in ten kinds (that is what docs/experiments.md reported before the last four).
set -u
cd "$(dirname "$0")/../.."
moim=${MOIM:-build/moim}
each=${SECONDS_EACH:-9}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
make() { sox -q -R -n -r 16000 -b 16 -c 1 "$dir/$1.wav" "${@:2}" || exit 1; }
make silence trim 0 "$each"
make white synth "$each" whitenoise vol 0.3
make pink synth "$each" pinknoise vol 0.5
make brown synth "$each" brownnoise vol 0.8
make faint synth "$each" pinknoise vol 0.003
make tone synth "$each" sine 440 vol 0.5 tremolo 0.5 90
make hum synth "$each" sine 50 synth "$each" sine mix 100 synth "$each" sawtooth mix 150 vol 0.2
make chords synth 1.5 pluck C3 synth 1.5 pluck mix E4 synth 1.5 pluck mix G4 fade t 0 1.5 0.2 vol 0.6 repeat $((each * 2 / 3))
make melody synth 0.4 pluck A4 synth 0.4 pluck mix D3 vol 0.6 fade t 0 0.4 0.1 repeat $((each * 5 / 2))
make clicks synth 0.004 whitenoise vol 0.9 pad 0 0.7 repeat $((each * 10 / 7))
make keyboard synth 0.012 whitenoise fade 0 0.012 0.01 sinc 1500-6000 pad 0 0.1 repeat $((each * 9))
make applause synth 0.012 whitenoise fade 0 0.012 0.01 pad 0 0.043 repeat $((each * 18)) highpass 700 vol 0.3 reverb 40
make breath synth 1.2 pinknoise fade t 0.5 1.2 0.6 vol 0.3 pad 0 0.8 repeat $((each / 2))
make cough synth 0.25 sawtooth 180-90 synth 0.25 brownnoise mix fade t 0.01 0.25 0.2 vol 0.8 pad 0 2 repeat $((each / 2))
sox -q "$dir"/*.wav "$dir/all.flac" || exit 1
fails=0
for lang in ko en auto; do
    said=$("$moim" transcribe --lang $lang "$dir/all.flac") || exit 1
    [ -z "$said" ] || { echo "FAIL as $lang (kinds follow one another, $each s each: $(cd "$dir" && echo *.wav)):"; echo "$said"; fails=1; }
done
# Speech before and after it is told both times, the same words or not.
sox -q "${MOIM_MODELS:-${XDG_CACHE_HOME:-$HOME/.cache}/moim/models}/samples/two_cities.wav" -r 16000 -c 1 -b 16 "$dir/speech.wav" trim 0 7 || exit 1
sox -q "$dir/speech.wav" "$dir/applause.wav" "$dir/melody.wav" "$dir/speech.wav" "$dir/cough.wav" "$dir/between.flac" || exit 1
said=$("$moim" transcribe --plain --no-rescore "$dir/between.flac") || exit 1
[ "$(grep -o 'best of times' <<<"$said" | wc -l)" = 2 ] || { echo "FAIL: speech between other sounds: $said"; fails=1; }
echo "$(soxi -D "$dir/all.flac") s of 14 kinds: $([ $fails -eq 0 ] && echo no words || echo words)"
[ $fails -eq 0 ]
