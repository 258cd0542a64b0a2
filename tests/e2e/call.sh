#!/usr/bin/env bash
# Both sides of a call through a real sound server: what an output plays and what a microphone hears, each on a channel of its own;
# the output goes and comes back, and the recording goes on.
. "$(dirname "$0")/common.bash"
export HOME=$dir XDG_RUNTIME_DIR=$dir XDG_DATA_HOME=$dir/data MOIM_MODELS=$dir/none PULSE_SERVER=unix:$dir/socket
export JACK_NO_START_SERVER=1 JACK_DEFAULT_SERVER=moim-none ALSA_CONFIG_PATH=$dir/alsa.conf PULSE_COOKIE=$dir/cookie
printf 'pcm.desk { type pulse server "%s" device "mic" }\npcm.default { type pulse server "%s" device "mic" }\n' "$PULSE_SERVER" "$PULSE_SERVER" >"$ALSA_CONFIG_PATH"
pids=()
trap 'for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done; rm -rf "$dir"' EXIT
pulseaudio -n --daemonize=no --use-pid-file=no --exit-idle-time=-1 --disable-shm=yes \
    -L "module-native-protocol-unix socket=$dir/socket auth-anonymous=1" \
    -L "module-sine-source source_name=mic rate=48000 frequency=440" \
    -L "module-null-sink sink_name=speaker rate=44100 sink_properties=device.description=Headset" >/dev/null 2>&1 &
pids+=($!)
# Waits until a command succeeds: 60 s at most.
until_ok() { for _ in $(seq $((10 * ${PATIENCE:-60}))); do "$@" >/dev/null 2>&1 && return 0; sleep 0.1; done; { cat "$dir/events" "$dir/err" >&2; ${DEBUG:-true}; die "not in time: $*"; }; }
until_ok pactl info
pactl set-default-sink speaker
sox -n -r 44100 -c 1 "$dir/far.wav" synth 120 sine 1000 gain -12
paplay -d speaker "$dir/far.wav" & pids+=($!)

# The outputs are listed, and the chosen one is marked.
"$moim" devices | grep -q '^      Monitor of Headset  .*for a call' || die "the output is not listed: $("$moim" devices)"
"$moim" record --device desk --call nowhere --no-captions --no-process 2>"$dir/err" && die "a device that is not there was taken"
grep -q 'nowhere' "$dir/err" || die "$(cat "$dir/err")"

"$moim" record --device desk --call headset --no-captions --no-process --json --title call >"$dir/events" 2>"$dir/err" &
recording=$!; pids+=("$recording")
size() { [ "$(stat -c %s "$dir"/data/moim/audio/*.flac)" -gt "$1" ]; }
until_ok size 100000
# The output goes: the microphone goes on, and the moment is marked.
pactl unload-module "$(pactl list short modules | awk '/sink_name=speaker/ {print $1}')"
until_ok grep -q 'the far side: .*is gone' "$dir/events"
kill -0 "$recording" || die "the recording ended with the output: $(cat "$dir/err")"
before=$(stat -c %s "$dir"/data/moim/audio/*.flac)
until_ok size $((before + 30000))
pactl load-module module-null-sink sink_name=speaker rate=44100 sink_properties=device.description=Headset >/dev/null
paplay -d speaker "$dir/far.wav" & pids+=($!)
until_ok grep -q 'the far side: .*is heard again' "$dir/events"
before=$(stat -c %s "$dir"/data/moim/audio/*.flac)
until_ok size $((before + 100000))
kill -INT "$recording"
wait "$recording" || die "record: $(cat "$dir/err")"

flac=$(ls "$dir"/data/moim/audio/*.flac)
[ "$(sox --i -c "$flac")" = 2 ] || die "not two channels"
metaflac=$(head -c 400 "$flac" | tr -d '\0')
case $metaflac in *moim-call:*) ;; *) die "the file does not say that it is a call" ;; esac
# level CHANNEL FROM-TO_HZ: RMS in dB of that band
level() { sox "$flac" -n remix "$1" sinc -n 2047 "$2" stats 2>&1 | awk '/^RMS lev dB/ {printf "%d\n", $4 == "-inf" ? -120 : $4}'; }
near=$(level 1 400-480) near_of_far=$(level 1 900-1100) far=$(level 2 900-1100) far_of_near=$(level 2 400-480)
echo "near $near dB and $near_of_far dB of the far side; far $far dB and $far_of_near dB of the near side"
[ "$near" -gt -25 ] && [ "$far" -gt -35 ] && [ "$near_of_far" -lt -55 ] && [ "$far_of_near" -lt -55 ] || die "the sides are not apart"
marks=$(sqlite3 "$dir/data/moim/moim.db" "select group_concat(note, '; ') from bookmarks")
case $marks in *"the far side"*gone*"the far side"*"heard again"*) ;; *) die "marks: $marks" ;; esac
# What was chosen holds for the next recording, until it is taken back.
[ "$(sqlite3 "$dir/data/moim/moim.db" "select value from settings where key = 'call'")" = headset ] || die "the choice is not kept"
env -u PULSE_SERVER -u ALSA_CONFIG_PATH -u MOIM_MODELS python3 tests/e2e/call.py
echo "a call is recorded side by side"
