#!/usr/bin/env bash
# Languages beyond Korean and English by their code: transcript, search, export.
. "$(dirname "$0")/common.bash"
export XDG_DATA_HOME=$dir

espeak-ng -v de -s 150 -w "$dir/de.wav" "Guten Morgen. Wir beginnen mit dem Haushalt für das nächste Jahr."
id=$("$moim" import --lang de --no-rescore --no-minutes "$dir/de.wav")
"$moim" list --json | grep -q '"language":[[:space:]]*"de"' || die "the meeting's language is not kept"
"$moim" show "$id" | grep -qi 'haushalt' || die "the transcript is not German: $("$moim" show "$id")"
"$moim" search haushalt | grep -qi haushalt || die "search finds nothing"
"$moim" export --format md "$id" | grep -i >/dev/null haushalt || die "export"
if "$moim" transcribe --lang zz "$dir/de.wav" 2>"$dir/err"; then die "zz is taken for a language"; fi
grep -q "lang takes" "$dir/err" || die "no reason: $(cat "$dir/err")"
