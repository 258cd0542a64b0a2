/* The kinds of transcripts that people have, as other programs write them, and the turns that must come out:
 * "name|seconds|words" a line, seconds empty where any will do. docs/inputs.md names each kind. */
#ifndef MOIM_TESTS_STORAGE_TEXTS_TABLE_H
#define MOIM_TESTS_STORAGE_TEXTS_TABLE_H

struct text_input {
    const char *file, *what; /* the name, which tells the form; what it is, for docs */
    const char *text;
    const char *turns;
    const char *title, *date, *note; /* NULL: not looked at */
};

static const struct text_input texts[] = {
    /* ---- WebVTT ---- */
    {.file = "teams.vtt",
     .what = "Teams: voice tags, ids of cues",
     .text =
         "WEBVTT\n\n1a2b-3c/12-0\n00:00:03.120 --> 00:00:05.000\n<v 홍길동>시작하겠습니다.</v>\n\n1a2b-3c/13-0\n00:00:05.500 --> 00:00:08.000\n<v Kim, Minsu>네, 좋습니다.</v>\n",
     .turns = "홍길동|3.12|시작하겠습니다.\nKim, Minsu|5.5|네, 좋습니다.\n"},
    {.file = "voices.vtt",
     .what = "two voices in a cue, classes",
     .text = "WEBVTT\n\n00:01.000 --> 00:04.000\n<v.loud Ann>Hello <b>there</b>.</v> <v Bob>Hi.\n",
     .turns = "Ann|1|Hello there.\nBob|1|Hi.\n"},
    {.file = "zoom.vtt",
     .what = "Zoom: names before a colon, numbered cues",
     .text =
         "WEBVTT\r\n\r\n1\r\n00:00:01.000 --> 00:00:04.000\r\nHong Gildong: Good morning.\r\n\r\n2\r\n00:00:04.500 --> 00:00:06.000\r\nAnn Lee: Morning!\r\n",
     .turns = "Hong Gildong|1|Good morning.\nAnn Lee|4.5|Morning!\n"},
    {.file = "meet.vtt",
     .what = "Meet: notes and styles between cues",
     .text =
         "WEBVTT - captions\nKind: captions\nLanguage: en\n\nNOTE made by hand\n\nSTYLE\n::cue { color: red }\n\n00:00.000 --> 00:02.000 line:0 position:20%\nWelcome.\n",
     .turns = "|0|Welcome.\n"},
    {.file = "youtube.vtt",
     .what = "YouTube: rolling captions with times of words",
     .text =
         "WEBVTT\nKind: captions\nLanguage: en\n\n00:00:00.000 --> 00:00:02.000 align:start position:0%\n \nhello<00:00:00.500><c> big</c><00:00:01.000><c> world</c>\n\n"
         "00:00:02.000 --> 00:00:02.010 align:start position:0%\nhello big world\n \n\n00:00:02.010 --> 00:00:04.000 align:start position:0%\nhello big world\nhow<00:00:02.500><c> are</c><00:00:03.000><c> you</c>\n\n"
         "00:00:04.000 --> 00:00:04.010 align:start position:0%\nhow are you\n \n\n00:00:04.010 --> 00:00:06.000 align:start position:0%\nhow are you\nfine\n",
     .turns = "|0|hello big world\n|2.01|how are you\n|4.01|fine\n"},
    {.file = "entities.vtt",
     .what = "entities",
     .text =
         "WEBVTT\n\n00:00.000 --> 00:02.000\nR&amp;D &lt;plan&gt; &#39;a&#x27; 3 &lt; 5&nbsp;&quot;x&quot;\n",
     .turns = "|0|R&D <plan> 'a' 3 < 5 \"x\"\n"},
    {.file = "less.vtt",
     .what = "a sign of comparison that is no tag",
     .text = "WEBVTT\n\n00:00.000 --> 00:02.000\n1 < 2 and 3 > 2\n",
     .turns = "|0|1 < 2 and 3 > 2\n"},
    {.file = "noblank.vtt",
     .what = "cues without blank lines",
     .text = "WEBVTT\n\n00:00.000 --> 00:02.000\none\n00:02.000 --> 00:04.000\ntwo\n",
     .turns = "|0|one\n|2|two\n"},
    {.file = "overlap.vtt",
     .what = "cues that overlap",
     .text = "WEBVTT\n\n00:00.000 --> 00:05.000\n<v A>long\n\n00:02.000 --> 00:03.000\n<v B>short\n",
     .turns = "A|0|long\nB|2|short\n"},
    {.file = "repeat.vtt",
     .what = "the same word twice is said twice",
     .text =
         "WEBVTT\n\n00:00.000 --> 00:01.000\n네.\n\n00:01.000 --> 00:02.000\n네.\n\n00:02.000 --> 00:03.000\n그래요.\n",
     .turns = "|0|네.\n|1|네.\n|2|그래요.\n"},
    {.file = "hours.vtt",
     .what = "hours of three digits",
     .text = "WEBVTT\n\n100:00:01.000 --> 100:00:02.000\nlate\n",
     .turns = "|360001|late\n"},
    /* ---- SubRip ---- */
    {.file = "plain.srt",
     .what = "SubRip",
     .text = "1\n00:00:01,000 --> 00:00:02,000\n첫 줄\n둘째 줄\n\n2\n00:00:03,000 --> 00:00:04,000\n끝\n",
     .turns = "|1|첫 줄 둘째 줄\n|3|끝\n"},
    {.file = "tags.srt",
     .what = "SubRip with tags",
     .text = "1\n00:00:01,000 --> 00:00:02,000\n{\\an8}<i>Hello</i> <font color=\"#fff\">you</font> a<b\n",
     .turns = "|1|Hello you a<b\n"},
    {.file = "names.srt",
     .what = "names on the first cue of a turn",
     .text =
         "1\n00:00:01,000 --> 00:00:02,000\n김 부장: 시작\n\n2\n00:00:02,000 --> 00:00:03,000\n합시다.\n\n3\n00:00:04,000 --> 00:00:05,000\n이민수: 네.\n",
     .turns = "김 부장|1|시작\n김 부장|2|합시다.\n이민수|4|네.\n"},
    {.file = "noblank.srt",
     .what = "no blank lines",
     .text =
         "1\n00:00:01,000 --> 00:00:02,000\none\n2\n00:00:02,000 --> 00:00:03,000\n2\n3\n00:00:03,000 --> 00:00:04,000\nthree\n",
     .turns = "|1|one\n|2|2\n|3|three\n"},
    {.file = "rolling.srt",
     .what = "rolling captions turned into SubRip",
     .text =
         "1\n00:00:00,000 --> 00:00:02,000\nhello big world\n\n2\n00:00:02,000 --> 00:00:04,000\nhello big world\nhow are you\n\n3\n00:00:04,000 --> 00:00:06,000\nhow are you\nfine thanks\n",
     .turns = "|0|hello big world\n|2|how are you\n|4|fine thanks\n"},
    {.file = "dots.srt",
     .what = "points for commas, spaces, no counter",
     .text = "00:00:01.5 -->00:00:02.5\nhi\n\n00:00:03.000   -->   00:00:04.000\nho\n",
     .turns = "|1.5|hi\n|3|ho\n"},
    /* ---- JSON ---- */
    {.file = "cpp.json",
     .what = "whisper.cpp",
     .text =
         "{\"result\":{\"language\":\"en\"},\"transcription\":[{\"timestamps\":{\"from\":\"00:00:00,000\",\"to\":\"00:00:02,500\"},\"offsets\":{\"from\":0,\"to\":2500},\"text\":\" Hello there.\"},{\"offsets\":{\"from\":2500,\"to\":4000},\"text\":\" Bye.\"}]}",
     .turns = "|0|Hello there.\n|2.5|Bye.\n"},
    {.file = "openai.json",
     .what = "OpenAI's verbose JSON",
     .text =
         "{\"task\":\"transcribe\",\"language\":\"korean\",\"duration\":4.0,\"text\":\"안녕하세요. 네.\",\"segments\":[{\"id\":0,\"seek\":0,\"start\":0.0,\"end\":2.0,\"text\":\" 안녕하세요.\",\"tokens\":[1],\"avg_logprob\":-0.2},{\"id\":1,\"start\":2.0,\"end\":4.0,\"text\":\" 네.\"}]}",
     .turns = "|0|안녕하세요.\n|2|네.\n"},
    {.file = "openai_text.json",
     .what = "OpenAI's JSON without times",
     .text = "{\"text\":\"Just words.\"}",
     .turns = "|0|Just words.\n"},
    {.file = "faster.json",
     .what = "faster-whisper: a list",
     .text =
         "[{\"id\":1,\"start\":0.5,\"end\":1.5,\"text\":\" Hi you.\",\"words\":[{\"start\":0.5,\"end\":0.9,\"word\":\" Hi\",\"probability\":0.9},{\"start\":1.0,\"end\":1.5,\"word\":\" you.\",\"probability\":0.8}]}]",
     .turns = "|0.5|Hi you.\n"},
    {.file = "whisperx.json",
     .what = "WhisperX with speakers",
     .text =
         "{\"segments\":[{\"start\":0.1,\"end\":1.0,\"text\":\" One.\",\"speaker\":\"SPEAKER_01\",\"words\":[{\"word\":\"One.\",\"start\":0.1,\"end\":1.0,\"score\":0.9,\"speaker\":\"SPEAKER_01\"}]},{\"start\":1.2,\"end\":2.0,\"text\":\"Two.\",\"speaker\":\"SPEAKER_00\"}],\"word_segments\":[],\"language\":\"en\"}",
     .turns = "Speaker 2|0.1|One.\nSpeaker 1|1.2|Two.\n"},
    {.file = "diarized.json",
     .what = "OpenAI's diarized JSON",
     .text =
         "{\"text\":\"a b\",\"segments\":[{\"type\":\"transcript.text.segment\",\"id\":\"s1\",\"start\":0,\"end\":1,\"text\":\"a\",\"speaker\":\"A\"},{\"start\":1,\"end\":2,\"text\":\"b\",\"speaker\":\"B\"}]}",
     .turns = "A|0|a\nB|1|b\n"},
    {.file = "clova.json",
     .what = "CLOVA Speech: milliseconds, speakers as objects",
     .text =
         "{\"segments\":[{\"start\":1200,\"end\":2000,\"text\":\"안녕하세요\",\"speaker\":{\"label\":\"1\",\"name\":\"김민수\",\"edited\":true}},{\"start\":2500,\"end\":3000,\"text\":\"네\",\"speaker\":{\"label\":\"2\",\"name\":\"\"}}]}",
     .turns = "김민수|1.2|안녕하세요\nSpeaker 2|2.5|네\n"},
    {.file = "assembly.json",
     .what = "AssemblyAI",
     .text =
         "{\"audio_duration\":4,\"language_code\":\"en_us\",\"utterances\":[{\"speaker\":\"A\",\"start\":250,\"end\":900,\"text\":\"Hey.\"}]}",
     .turns = "A|0.25|Hey.\n"},
    {.file = "ours.json",
     .what = "turns by hand",
     .text =
         "{\"title\":\"주간\",\"date\":\"2026-03-11\",\"turns\":[{\"speaker\":\"가\",\"text\":\"안녕\"}]}",
     .turns = "가|0|안녕\n",
     .title = "주간",
     .date = "2026-03-11"},
    /* ---- plain text ---- */
    {.file = "clova.txt",
     .what = "CLOVA Note",
     .text =
         "주간 회의\n2026.03.02 월 오후 3:30 ・ 32분 10초\n홍길동, 참석자 2\n\n홍길동 00:00\n시작하겠습니다. 회의는 10:30\n까지입니다.\n\n참석자 2 00:12\n네.\n\n홍길동 1:02:03\n마칩니다.\n\nclovanote.naver.com\n",
     .turns =
         "홍길동|0|시작하겠습니다. 회의는 10:30\n홍길동||까지입니다.\n참석자 2|12|네.\n홍길동|3723|마칩니다.\n",
     .title = "주간 회의",
     .date = "2026.03.02 월 오후 3:30 ・ 32분 10초",
     .note = "clovanote"},
    {.file = "otter.txt",
     .what = "Otter",
     .text =
         "Jane Doe  0:01\nHello everyone, let's begin.\n\nUnknown Speaker  0:10\nYes.\n\nTranscribed by https://otter.ai\n",
     .turns = "Jane Doe|1|Hello everyone, let's begin.\nUnknown Speaker|10|Yes.\n",
     .note = "Transcribed by"},
    {.file = "teams.txt",
     .what = "Teams: copied from the page",
     .text =
         "Weekly-20260302_103000-Meeting Recording\nMarch 2, 2026, 1:30AM\n32m 10s\n\nHong Gildong   0:03\n안녕하세요.\n\nAnn Lee   0:05\nHello.\n",
     .turns = "Hong Gildong|3|안녕하세요.\nAnn Lee|5|Hello.\n",
     .title = "Weekly-20260302_103000-Meeting Recording",
     .date = "March 2, 2026, 1:30AM"},
    {.file = "meet.txt",
     .what = "Meet: times alone above named lines",
     .text =
         "Mar 2, 2026\nWeekly sync - Transcript\nAttendees\nHong Gildong, Ann Lee\nTranscript\n\n00:00:00\n\nHong Gildong: Hello.\nAnn Lee: Hi there.\n\n00:05:00\n\nHong Gildong: Next point.\n\nMeeting ended after 00:32:10\n",
     .turns = "Hong Gildong|0|Hello.\nAnn Lee||Hi there.\nHong Gildong|300|Next point.\n",
     .title = "Weekly sync - Transcript",
     .date = "Mar 2, 2026",
     .note = "Meeting ended"},
    {.file = "before.txt",
     .what = "the time before the name",
     .text = "[00:00:05] 김민수\n첫째입니다.\n\n[00:00:09] 이영희\n둘째입니다.\n",
     .turns = "김민수|5|첫째입니다.\n이영희|9|둘째입니다.\n"},
    {.file = "dense.txt",
     .what = "blocks without blank lines",
     .text = "참석자 1 00:00\n안녕하세요.\n참석자 2 00:04\n네, 안녕하세요.\n참석자 1 00:09\n시작합시다.\n",
     .turns = "참석자 1|0|안녕하세요.\n참석자 2|4|네, 안녕하세요.\n참석자 1|9|시작합시다.\n"},
    {.file = "brackets.txt",
     .what = "the time in brackets after the name",
     .text = "Kim (0:05): One.\nLee [0:09]: Two.\n",
     .turns = "Kim|5|One.\nLee|9|Two.\n"},
    {.file = "lines.txt",
     .what = "a turn a line",
     .text = "김 부장: 시작합시다.\n이민수: 네, 비율은 3:1 입니다.\n",
     .turns = "김 부장|0|시작합시다.\n이민수||네, 비율은 3:1 입니다.\n"},
    {.file = "times.txt",
     .what = "times without brackets",
     .text = "0:05 Ann: Hello.\n0:09 Bob: Hi.\n",
     .turns = "Ann|5|Hello.\nBob|9|Hi.\n"},
    {.file = "words.txt",
     .what = "words alone",
     .text = "그냥 적은 글입니다.\n둘째 줄.\n",
     .turns = "|0|그냥 적은 글입니다.\n||둘째 줄.\n"},
    {.file = "moim.txt",
     .what = "moim's own text, with minutes",
     .text =
         "주간 회의\n=========\n2026-03-02 10:30, 1:05\n\n요약\n----\n- 견적을 보냄 (0:05)\n\n전체 기록\n---------\n[0:05] 김 부장: 보냅시다.\n[0:07] -- 중요\n[0:09] 참석자 2: 네.\n",
     .turns = "김 부장|5|보냅시다.\n참석자 2|9|네.\n",
     .title = "주간 회의",
     .date = "2026-03-02 10:30, 1:05",
     .note = "중요"},
    {.file = "utf16.txt", .what = "UTF-16 (Windows' Notepad)", .text = NULL, .turns = "김|0|네.\n"},
    {.file = "cp949.txt",
     .what = "CP949 (older Windows)",
     .text = "\xb1\xe8: \xb3\xd7.\n",
     .turns = "김|0|네.\n"},
    {.file = "bom.txt",
     .what = "UTF-8 with its mark",
     .text = "\xef\xbb\xbf김: 네.\n",
     .turns = "김|0|네.\n"},
    {.file = "mac.txt",
     .what = "Hangul in pieces (macOS)",
     .text = "\u1100\u1175\u11b7: \u1102\u1166.\n",
     .turns = "김|0|네.\n"},
    {.file = "cr.txt",
     .what = "lines that end in a carriage return",
     .text = "A: one\rB: two\r",
     .turns = "A|0|one\nB||two\n"},
    /* ---- Markdown ---- */
    {.file = "plaud.md",
     .what = "Plaud: Markdown with the name above the words",
     .text =
         "# Kickoff\n\n> Date: 2026-03-02 10:30\n\n## Transcript\n\n**Speaker 1** [00:00:05]\n\nHello, *all*.\n\n**Speaker 2** [00:00:09]\n\nHi.\n",
     .turns = "Speaker 1|5|Hello, all.\nSpeaker 2|9|Hi.\n",
     .title = "Kickoff"},
    {.file = "list.md",
     .what = "Markdown, a turn an item",
     .text = "- **Kim** (0:05): One \\*star\\*.\n- **Lee** (0:09): Two.\n",
     .turns = "Kim|5|One *star*.\nLee|9|Two.\n"},
    {.file = "moim.md",
     .what = "moim's own Markdown",
     .text =
         "# 주간\n\n2026-03-02 10:30, 1:05\n\n## 요약\n\n- 보냄 (0:05)\n\n## 전체 기록\n\n**0:05** 김 부장: 3\\*4 를 보냅시다.\n\n*0:07 — 중요*\n\n**0:09** 참석자 2: 네.\n\n",
     .turns = "김 부장|5|3*4 를 보냅시다.\n참석자 2|9|네.\n",
     .title = "주간",
     .note = "중요"},
    /* ---- by content ---- */
    {.file = "noname",
     .what = "WebVTT without an ending",
     .text = "WEBVTT\n\n00:00.000 --> 00:02.000\nHello.\n",
     .turns = "|0|Hello.\n"},
    {.file = "pipe",
     .what = "SubRip from a pipe",
     .text = "1\n00:00:01,000 --> 00:00:02,000\nHello.\n",
     .turns = "|1|Hello.\n"},
    {.file = "stdin", .what = "JSON from a pipe", .text = " {\"text\": \"Hello.\"}", .turns = "|0|Hello.\n"},
};
#define N_TEXTS (sizeof texts / sizeof *texts)

#endif
