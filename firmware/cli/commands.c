#include "firmware/cli/commands.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

const struct moim_command moim_commands[] = {
    {"record", "", "record a meeting with live captions",
     "Sound is on disk within a second, before anything else happens to it. Ends on q, Ctrl-C or the file's "
     "end, then\n"
     "writes transcript and minutes. In a pipe prints the new meeting's id alone; with --json captions and "
     "events as lines.",
     moim_cmd_record},
    {"devices", "", "list the microphones", NULL, moim_cmd_devices},
    {"import", "FILE...", "take recordings into the store: transcript, minutes, search",
     "Opens WAV, FLAC, MP3, M4A, OGG, Opus and more, and transcripts that exist: JSON, TXT (\"Name: text\" a "
     "line), SRT,\n"
     "VTT. Prints the new meeting's id alone.",
     moim_cmd_import},
    {"transcribe", "FILE", "write a recording's transcript, store nothing",
     "With --nbest N each line holds start, end, rank, total, acoustic, n-gram, LM and bonus score, risk, "
     "the "
     "rank before rescoring, and the text.",
     moim_cmd_transcribe},
    {"list", "", "list the meetings, newest first", NULL, moim_cmd_list},
    {"show", "ID", "print a meeting's transcript", NULL, moim_cmd_show},
    {"minutes", "ID", "print a meeting's minutes, or write them again", NULL, moim_cmd_minutes},
    {"search", "WORDS", "find what was said: by its words, and by what it means",
     "Every word must occur, parts of words too; after them comes what means the like, in either language. "
     "With --json: "
     "meeting,\n"
     "segment, title, started_at, start, end, speaker, text, where, found, score, similarity, highlights "
     "(code points "
     "of text).",
     moim_cmd_search},
    {"ask", "QUESTION", "answer a question from the meetings, with the places where it was said",
     "Says that it does not know when nothing in the store answers it (exit 0; with --json \"known\": false "
     "and no "
     "citations).",
     moim_cmd_ask},
    {"tag", "[ID [add TAG... | remove TAG...]]", "tag meetings; list a meeting's tags, or all", NULL,
     moim_cmd_tag},
    {"export", "ID", "write a meeting as a document", NULL, moim_cmd_export},
    {"edit", "ID SEGMENT TEXT | ID SEGMENT --undo | ID --title TEXT", "correct a transcript or a title",
     "SEGMENT is the \"id\" that `moim show ID --json` prints. Recognising again never overwrites a "
     "correction.",
     moim_cmd_edit},
    {"speakers",
     "ID [name N NAME | merge N INTO | split N | move SEGMENT N | find [COUNT] | remember N] | voices | "
     "forget "
     "NAME",
     "show who spoke how long; name, merge and part speakers; remember voices",
     "Without a word after ID: number, name, talk time, longest stretch to listen to, and what was said "
     "there. "
     "split parts\n"
     "a speaker into two, move gives one segment (its \"id\" of `moim show ID --json`) to another speaker, "
     "find "
     "tells them\n"
     "apart again, COUNT being how many there are. remember keeps a named voice, encrypted, to be offered by "
     "name in later\n"
     "meetings and never applied by itself; voices lists what is kept, forget deletes it.",
     moim_cmd_speakers},
    {"vocab", "list | add WORD [OTHER-FORM] | remove WORD... | suggest [--accept [WORD...]]",
     "teach words that the recogniser should expect",
     "OTHER-FORM is another way to write or say the word: vocab add 하이퍼클로바 HyperCLOVA. Suggestions "
     "come "
     "from your\n"
     "corrections and wait until you accept them.",
     moim_cmd_vocab},
    {"bookmark", "ID SECONDS [NOTE] | now [NOTE] [--memo]",
     "mark a moment of a meeting, or of the recording at work",
     "now: from another terminal, a script or a button; prints the moment in seconds.", moim_cmd_bookmark},
    {"delete", "ID...", "delete meetings and their sound for good", NULL, moim_cmd_delete},
    {"models", "list | fetch [NAME...] | build | use ROLE [FILE]", "show, fetch and choose models",
     "Fetching asks PyPI for packages by name; nothing else in moim ever opens a connection. build makes "
     "the\n"
     "English lexicon from the word list again, which fetch and the first use do by themselves.",
     moim_cmd_models},
    {"doctor", "", "check store, recordings and models; --repair finishes what a crash interrupted", NULL,
     moim_cmd_doctor},
    {"backup", "FILE", "the whole store, sound and all, in one file",
     "A zip that other programs open too. Recordings at work go in as far as they are.", moim_cmd_backup},
    {"restore", "FILE", "bring a backup back", "Only where there are no meetings: nothing is replaced.",
     moim_cmd_restore},
    {"tidy", "", "remove old sound; transcripts and minutes stay", NULL, moim_cmd_tidy},
    {"eval", "DIR", "score recordings that have transcripts: CER, WER, speed, the worst",
     "DIR holds transcripts.txt (NAME text) beside the recordings, or folders that do.", moim_cmd_eval},
    {"eval-speakers", "DIR", "score recordings whose speakers are known: error rate, count, speed",
     "DIR holds NAME.flac or NAME.wav and NAME.rttm, or one reference.rttm. DER with a collar of 0.25 s, "
     "overlap "
     "counted.\nmake eval-speakers runs it on the AMI excerpts and on mixes of TEDx talkers beside the "
     "checkout.",
     moim_cmd_eval_speakers},
    {"serve", "", "the daemon: page, HTTP interface, microphone and jobs (docs/openapi.yaml)",
     "Listens on this machine only unless --listen says otherwise; other devices are then paired first (moim "
     "pair).\nRecordings, uploads and what `doctor --repair` would finish are worked on one after another.",
     moim_cmd_serve},
    {"mcp", "", "list, search, show, minutes and ask for an assistant (Model Context Protocol over stdio)",
     "Looks only. What it tells goes to whoever runs it, and nowhere else.", moim_cmd_mcp},
    {"pair", "", "show the code that lets another device use `moim serve`", NULL, moim_cmd_pair},
    {"eval-minutes", "[DIR]", "score minutes of scripted meetings against their keys",
     "DIR (default: tests/minutes/ko) holds transcripts in JSON with a \"key\"; see docs/minutes.md.",
     moim_cmd_eval_minutes},
    {"completion", "bash|zsh", "print shell completion", NULL, moim_cmd_completion},
};
const int moim_n_commands = sizeof moim_commands / sizeof moim_commands[0];

int moim_cmd_completion(struct moim_cli *cli, int argc, char **argv)
{
    int n = moim_cli_args(cli, NULL, 0, argc, argv, 1, 1);
    if (n < 0) return n;
    if (moim_cli_completion(argv[0], stdout))
        return moim_fail(&cli->err, MOIM_EINVAL, "%s: only bash and zsh", argv[0]);
    return MOIM_OK;
}

int moim_print_json(struct moim_cli *cli, struct cJSON *json)
{
    char *text = json ? cJSON_Print(json) : NULL;
    cJSON_Delete(json);
    if (!text) return moim_fail(&cli->err, MOIM_ENOMEM, "out of memory");
    puts(text);
    free(text);
    return MOIM_OK;
}
