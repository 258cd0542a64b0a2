/* The commands in this process, on a store in a folder of its own and without models: what they print, what they change, and
 * that a refusal is one line that names the reason. */
#include "storage/scratch.h"

#include "firmware/cli/commands.h"
#include "firmware/platform/log.h"
#include "storage/minutes_lines.h"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#define TALK                                                                                                 \
    "민수: 출시일은 12월 1일로 합시다.\n영희: 네, 그날로 하죠.\n민수: 제가 금요일까지 문서를 쓸게요.\n철수: 예산은 삼천만 원입니다.\n"

static char *out, *bad; /* what the last command wrote to standard output and standard error */

static char *read_back(int fd)
{
    off_t n = lseek(fd, 0, SEEK_END);
    char *text = calloc(1, (size_t)n + 1);
    assert_int_equal(pread(fd, text, (size_t)n, 0), n);
    close(fd);
    return text;
}

/* Standard output or error goes to a file; returns what it was. */
static int redirect(int fd, int *file)
{
    char name[] = "/tmp/moim-command-XXXXXX";
    int was = dup(fd);
    *file = mkstemp(name);
    unlink(name);
    dup2(*file, fd);
    return was;
}

static int run_words(int argc, char **argv)
{
    int files[2], was[2] = {redirect(STDOUT_FILENO, &files[0]), redirect(STDERR_FILENO, &files[1])};
    int rc = moim_cli_main(&moim_program, argc, argv);
    fflush(stdout);
    fflush(stderr);
    free(out);
    free(bad);
    for (int i = 0; i < 2; i++) {
        dup2(was[i], i ? STDERR_FILENO : STDOUT_FILENO);
        close(was[i]);
    }
    out = read_back(files[0]);
    bad = read_back(files[1]);
    return rc;
}

/* The exit code of "list --json"; words are parted by spaces, "_" stands for a space
 * within one, and the store is this test's. */
static int run(const char *format, ...)
{
    char line[500], *argv[24] = {"moim"}, *save = NULL;
    int argc = 1;
    va_list ap;
    va_start(ap, format);
    vsnprintf(line, sizeof line, format, ap);
    va_end(ap);
    for (char *p = strtok_r(line, " ", &save); p && argc < 20; p = strtok_r(NULL, " ", &save)) {
        for (char *c = p; *c; c++)
            if (*c == '_') *c = ' ';
        argv[argc++] = p;
    }
    bool stored = argc > 1 && *argv[1] != '-';
    for (int i = 0; i < argc; i++) stored &= strcmp(argv[i], "--db") != 0;
    if (stored) {
        argv[argc++] = "--db";
        argv[argc++] = path;
    }
    return run_words(argc, argv);
}

#define does(part, ...)                                                                                      \
    do {                                                                                                     \
        int rc_ = run(__VA_ARGS__);                                                                          \
        if (rc_ || !strstr(out, (part))) fail_msg("%d: %s%s", rc_, out, bad);                                \
    } while (0)
/* One line that says why. */
#define refuses(part, ...)                                                                                   \
    do {                                                                                                     \
        int rc_ = run(__VA_ARGS__);                                                                          \
        if (!rc_ || !strstr(bad, (part)) || strchr(bad, '\n') != bad + strlen(bad) - 1)                      \
            fail_msg("%d: %s%s", rc_, out, bad);                                                             \
    } while (0)

static void write_file(const char *name, const char *text)
{
    char file[96];
    snprintf(file, sizeof file, "%s/%s", dir, name);
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

/* The store of a meeting that came in as a text. */
static int begin(void **state)
{
    setup(state);
    moim_log_set(MOIM_LOG_ERROR);
    setenv("MOIM_MODELS", dir, 1);
    setenv("XDG_DATA_HOME", dir, 1);
    char share[4096];
    assert_non_null(realpath("firmware/packaging", share));
    setenv("MOIM_SHARE", share, 1);
    moim_store_close(store);
    write_file("talk.txt", TALK);
    does("1", "import --quiet --no-minutes --lang ko %s/talk.txt", dir);
    assert_ok(moim_store_open(&store, path, &err), err);
    return 0;
}

static int end(void **state)
{
    free(out);
    free(bad);
    out = bad = NULL;
    return teardown(state);
}

static long long first_segment(void)
{
    struct moim_segment *list;
    int n;
    assert_ok(moim_segments_get(store, 1, &list, &n, &err), err);
    long long id = list[0].id;
    moim_segments_free(list, n);
    return id;
}

static void every_command_helps_and_refuses_what_it_does_not_know(void **state)
{
    (void)state;
    for (int i = 0; moim_program.commands[i]; i++) {
        const struct moim_command *c = moim_program.commands[i];
        does(c->summary, "%s --help", c->name);
        refuses("no option", "%s --nonsense", c->name);
    }
    does("completion", "--help");
    does("moim", "--version");
    does("compgen", "completion bash");
    does("#compdef moim", "completion zsh");
    refuses("fish", "completion fish");
    refuses("no command", "dance");
    refuses("takes a number", "list --threads many");
    refuses("--lang", "list --lang");
    assert_int_not_equal(run(""), 0);
    assert_non_null(strstr(bad, "usage:"));
}

static void a_meeting_is_listed_and_shown(void **state)
{
    (void)state;
    does("talk", "list");
    does("\"title\":\t\"talk\"", "list --json");
    does("출시일은", "show 1");
    does("\"segments\"", "show 1 --json");
    refuses("no meeting 9", "show 9");
    refuses("not a meeting id", "show x");
    does("", "tag 1 add 팀 계획");
    does("계획", "tag 1");
    does("팀", "tag");
    does("talk", "search --tag 팀 출시일");
    does("", "tag 1 remove 팀");
    assert_int_equal(run("tag 1"), 0);
    assert_null(strstr(out, "팀"));
}

static void a_line_is_corrected_and_taken_back(void **state)
{
    (void)state;
    long long line = first_segment();
    does("", "edit 1 %lld 출시일은_2일입니다.", line);
    does("출시일은 2일입니다.", "show 1");
    does("", "edit 1 %lld --undo", line);
    does("12월 1일로", "show 1");
    does("", "edit 1 --title 출시_회의");
    does("출시 회의", "list");
    does("1 lines", "edit 1 --replace 니다 니다만");
    does("\"lines\": 1", "edit --all --json --replace 예산은 비용은");
    does("비용은", "show 1");
    refuses("no segment 999", "edit 1 999 x");
    refuses("usage:", "edit 1 2");
    refuses("usage:", "edit 1 --all --title x");
    refuses("control characters", "edit 1 --title a\001b");
}

static void marks_are_set_with_a_note(void **state)
{
    (void)state;
    does("", "bookmark 1 2.5 여기");
    does("여기", "show 1");
    refuses("not a time", "bookmark 1 soon");
    refuses("no meeting 9", "bookmark 9 1");
    refuses("usage:", "bookmark 1");
    refuses("usage:", "bookmark 1 2 x --memo");
    assert_int_not_equal(run("bookmark now x"), 0); /* nothing is being recorded */
}

static void minutes_and_tasks(void **state)
{
    (void)state;
    struct moim_line_change c = MOIM_LINE_CHANGE;
    int64_t task;
    does("", "minutes 1 --redo --minutes-model none");
    c.kind = "action"; /* what minutes find is tried elsewhere */
    c.text = "문서를 인쇄한다";
    c.owner = "민수";
    assert_ok(moim_line_add(store, 1, &c, &task, &err), err);
    does("문서를 인쇄한다", "minutes 1");
    does("\"actions\"", "minutes 1 --json");
    does("문서를 인쇄한다", "tasks");
    does("\"meeting\":\t1", "tasks --json --owner 민수");
    does("", "tasks done %lld", (long long)task);
    assert_int_equal(run("tasks"), 0);
    assert_null(strstr(out, "인쇄한다"));
    does("문서를 인쇄한다", "tasks --all");
    does("", "tasks open %lld", (long long)task);
    does("문서를 인쇄한다", "tasks --format csv");
    does("BEGIN:VTODO", "tasks --format ics --meeting 1");
    assert_int_equal(run("tasks --owner - --from 2099-01-01"), 0);
    assert_string_equal(out, "");
    refuses("csv|ics", "tasks --format xls");
    refuses("usage:", "tasks finish 1");
    refuses("YYYY-MM-DD", "tasks --from gestern");
    assert_int_not_equal(run("tasks done 999"), 0);
    refuses("nonsense", "minutes 1 --redo --template nonsense");
}

static void the_trash_gives_back_and_forgets(void **state)
{
    (void)state;
    does("", "delete 1");
    assert_non_null(strstr(bad, "in the trash for 30 days"));
    does("talk", "trash");
    does("\"title\"", "trash --json");
    assert_int_equal(run("list"), 0);
    assert_null(strstr(out, "talk"));
    does("", "trash --restore 1");
    does("talk", "list");
    does("", "trash 1");
    does("", "trash --empty");
    refuses("no meeting 1", "trash --restore 1");
    refuses("usage:", "trash --restore");
    refuses("usage:", "trash --empty 1");
    refuses("not a meeting id", "delete all");
    refuses("no meeting 7", "delete --for-good 7");
}

static void what_was_said_is_found(void **state)
{
    (void)state;
    does("삼천만", "search 예산");
    does("\"meeting\"", "search --json 예산");
    assert_int_equal(run("search --speaker 영희 예산"), 0);
    assert_null(strstr(out, "삼천만"));
    does("삼천만", "search --speaker 철수 예산");
    assert_int_equal(run("search --since 2099-01-01 예산"), 0);
    assert_null(strstr(out, "삼천만"));
    does("삼천만", "ask 예산은 얼마입니까?");
    does("\"citations\"", "ask --json 예산은 얼마입니까?");
    refuses("usage:", "search");
}

static void words_are_taught(void **state)
{
    (void)state;
    does("", "vocab add 하이퍼클로바 HyperCLOVA");
    does("HyperCLOVA", "vocab list");
    does("\"word\"", "vocab list --json");
    does("", "vocab remove 하이퍼클로바");
    assert_int_equal(run("vocab list"), 0);
    assert_null(strstr(out, "하이퍼클로바"));
    refuses("하이퍼클로바", "vocab remove 하이퍼클로바");
    does("", "vocab suggest");
    refuses("usage:", "vocab add");
    refuses("usage:", "vocab shout x");
}

static void speakers_are_named_merged_and_moved(void **state)
{
    (void)state;
    does("민수", "speakers 1");
    does("\"name\":\t\"영희\"", "speakers 1 --json");
    does("", "speakers 1 name 3 김철수");
    does("김철수", "speakers 1");
    does("", "speakers 1 move %lld 2", first_segment());
    does("", "speakers 1 merge 3 2");
    assert_int_equal(run("speakers 1"), 0);
    assert_null(strstr(out, "김철수"));
    refuses("has no sound", "speakers 1 split 2");
    refuses("no speaker 9", "speakers 1 merge 9 1");
    refuses("usage:", "speakers 1 name");
    does("", "speakers voices");
    refuses("Nobody", "speakers forget Nobody");
}

static void documents_leave_and_come_back(void **state)
{
    (void)state;
    does("# ", "export 1");
    does("-->", "export 1 --format srt");
    does("", "export 1 --output %s/a.docx", dir);
    does("", "export 1 --minutes-only --clean --output %s/a.html", dir);
    does("2", "import --quiet --no-minutes %s/a.docx", dir);
    does("출시일은", "show 2");
    write_file("word", "우리만 아는 말\n");
    does("", "export 1 --passphrase-file %s/word --output %s/a.moim", dir, dir);
    does("3", "import --quiet --no-minutes --passphrase-file %s/word %s/a.moim", dir, dir);
    refuses("moim.db", "export 1 --output %s", path);
    refuses("format", "export 1 --format xls");
    refuses("no meeting 9", "export 9");
    refuses("talk2.txt", "import --no-minutes %s/talk2.txt", dir);
    does("4", "redact 1 삼천만 --names");
    assert_int_equal(run("show 4"), 0);
    assert_null(strstr(out, "삼천만"));
    refuses("redact", "redact 1");
    refuses("sound", "retranscribe 1");
    refuses("--to", "retranscribe 1 --from 5");
}

static void the_store_is_looked_after(void **state)
{
    (void)state;
    run("doctor --quick");
    assert_non_null(strstr(out, "store"));
    run("doctor --quick --json");
    assert_int_equal(*out, '[');
    does("", "backup %s/all.moim-backup", dir);
    refuses("exists", "backup %s/all.moim-backup", dir);
    refuses("open", "restore %s/all.moim-backup", dir); /* there is a store already */
    does("", "restore --db %s/new/moim.db %s/all.moim-backup", dir, dir);
    does("talk", "list --db %s/new/moim.db", dir);
    does("would go", "tidy --days 1 --dry-run");
    does("\"freed_bytes\": 0", "tidy --quota 20G --json");
    refuses("needs", "tidy");
    refuses("not a size", "tidy --quota much");
    does("silero-vad", "models list --available");
    does("\"installed\":\tfalse", "models list --available --json");
    refuses("nothing", "models use minutes nothing");
    assert_int_not_equal(run("models dance"), 0);
    does("", "pair");
    assert_true(strlen(out) > 8);
}

static void a_folder_is_watched_once(void **state)
{
    (void)state;
    char folder[96];
    snprintf(folder, sizeof folder, "%s/in", dir);
    assert_int_equal(mkdir(folder, 0700), 0);
    write_file("in/two.txt", "영희: 다른 회의입니다.\n");
    write_file("in/bad.wav", "no sound");
    does("2", "watch --once --settle 0 --no-process %s", folder);
    does("two", "list");
    write_file("in/done/x", "");   /* fails unless the folders are there */
    write_file("in/failed/x", ""); /* with the reason beside the file */
    assert_int_not_equal(run("watch --once %s/nowhere", dir), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(every_command_helps_and_refuses_what_it_does_not_know),
        TEST(a_meeting_is_listed_and_shown),
        TEST(a_line_is_corrected_and_taken_back),
        TEST(marks_are_set_with_a_note),
        TEST(minutes_and_tasks),
        TEST(the_trash_gives_back_and_forgets),
        TEST(what_was_said_is_found),
        TEST(words_are_taught),
        TEST(speakers_are_named_merged_and_moved),
        TEST(documents_leave_and_come_back),
        TEST(the_store_is_looked_after),
        TEST(a_folder_is_watched_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
