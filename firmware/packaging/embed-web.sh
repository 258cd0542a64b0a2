#!/bin/sh
# embed-web.sh DIR [LIST]: C source with every file of a page, plain and gzipped, as a list of firmware/http/web_files.h.
set -eu
LC_ALL=C
export LC_ALL
dir=$1 name=${2:-moim_web_files}
bytes() { od -An -v -tu1 | sed 's/  */,/g; s/^,//; s/$/,/'; }
list=$([ ! -d "$dir" ] || (cd "$dir" && find . -type f ! -name '.*' ! -path '*/.*' ! -name '*~' | sed 's,^\./,,' | sort))
printf '#include "firmware/http/web_files.h"\n\nextern const struct moim_web_file %s[];\n' "$name"
i=0
for f in $list; do
    printf 'static const unsigned char plain_%d[] = {\n' $i
    bytes <"$dir/$f"
    printf '0};\nstatic const unsigned char gzip_%d[] = {\n' $i
    gzip -9nc "$dir/$f" | bytes
    printf '0};\n'
    i=$((i + 1))
done
printf 'const struct moim_web_file %s[] = {\n' "$name"
i=0
for f in $list; do
    sum=$(sha256sum <"$dir/$f" | cut -c1-16)
    printf '    {"%s", "\\"%s\\"", plain_%d, gzip_%d, sizeof plain_%d - 1, sizeof gzip_%d - 1},\n' "$f" "$sum" $i $i $i $i
    i=$((i + 1))
done
printf '    {0, 0, 0, 0, 0, 0},\n};\n'
