#!/usr/bin/env bash
# Transcripts that exist come in and have minutes; versions stay; the 20 scripted meetings keep their score without a model.
. "$(dirname "$0")/common.bash"
export XDG_DATA_HOME=$dir

printf '%s\n' '김 부장: 민수 씨, 견적서 내일까지 보내 주세요.' '이민수: 네, 보내겠습니다.' '김 부장: 그리고 워크숍은 24일에 가는 건 어때요?' '이민수: 좋아요.' \
    '김 부장: 그럼 워크숍은 24일로 확정하겠습니다.' '이민수: 네.' >"$dir/talk.txt"
id=$("$moim" import --minutes-model none "$dir/talk.txt")
[[ $id =~ ^[0-9]+$ ]] || die "import printed '$id'"
"$moim" show "$id" | grep >/dev/null '이민수: 네' || die "the speaker is lost"
"$moim" minutes "$id" | grep >/dev/null '이민수: 견적서 보내기' || die "no task"
"$moim" minutes "$id" --redo --template lecture --minutes-model none | grep >/dev/null '견적서 보내기 —' && die "a lecture has no tasks"
[ "$("$moim" minutes "$id" --versions | wc -l)" = 2 ] || die "a version is missing"
"$moim" minutes "$id" --version 1 | grep >/dev/null '이민수: 견적서 보내기' || die "the first version is gone"
"$moim" minutes "$id" --version 3 2>/dev/null && die "there is no version 3"
printf 'sections: gossip\n' >"$dir/own"
"$moim" minutes "$id" --redo --template "$dir/own" --minutes-model none 2>"$dir/err" && die "a wrong template was taken"
[ "$(wc -l <"$dir/err")" = 1 ] || die "not one line about it"
printf '분류: 진행\n구성: 결정\n' >"$dir/own"
"$moim" minutes "$id" --redo --template "$dir/own" --minutes-model none | grep >/dev/null '24일로 확정' || die "own template"
printf '\xff\xfe' >"$dir/bad.txt"
"$moim" import "$dir/bad.txt" 2>/dev/null && die "took what is no text"
[ "$("$moim" list | wc -l)" = 1 ] || die "something was left behind"

"$(dirname "$moim")/moim-eval" minutes --no-model --json tests/minutes/ko >"$dir/score.json"
python3 - "$dir/score.json" <<'P' || die "the score fell"
import json, sys
s = json.load(open(sys.argv[1]))
d, a = s["decisions"], s["actions"]
assert d["planted"] + a["planted"] >= 60, s
# The tagger judges real talk far better than the rules that this set's author wrote for it, and this set a little worse.
assert (d["right"] + a["right"]) / (d["planted"] + a["planted"]) >= 0.8, s
assert d["invented"] + a["invented"] <= 6, s
assert s["supported"] / s["statements"] >= 0.97, s
P
echo "minutes: all well"
