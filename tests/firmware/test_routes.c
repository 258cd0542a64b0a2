/* The interface's routes about what meetings say: lists, lines, speakers, minutes, tasks, trash, words, settings. Each is asked
 * for what it does and for what it refuses (docs/openapi.yaml). */
#include "firmware/routes.h"
#include "storage/queue.h"

#define TALK                                                                                                 \
    "민수: 출시일은 12월 1일로 합시다.\n영희: 네, 그날로 하죠.\n민수: 제가 금요일까지 문서를 쓸게요.\n철수: 예산은 삼천만 원입니다.\n"

static long long id;

static int begin(void **state)
{
    begin_routes(state);
    id = text_meeting(TALK);
    return 0;
}

static long long segment(int i)
{
    char way[40];
    ask_of("GET", 200, NULL, NULL, "/meetings/%lld", id);
    snprintf(way, sizeof way, "segments.%d.id", i);
    return number_at(way);
}

static void meetings_are_listed_by_page_and_tag(void **state)
{
    (void)state;
    text_meeting("영희: 다른 회의입니다.\n");
    ask_of("PATCH", 200, "\"tags\":[\"계획\",\"팀\"]", "{\"tags\": [\"계획\", \"팀\"]}", "/meetings/%lld",
           id);
    ask("GET", "/meetings", NULL, 200, NULL);
    assert_int_equal(number_at("total"), 2);
    assert_int_equal(count_at("meetings"), 2);
    ask("GET", "/meetings?limit=1&offset=1", NULL, 200, NULL);
    assert_int_equal(number_at("total"), 2);
    assert_int_equal(count_at("meetings"), 1);
    ask("GET", "/meetings?tag=팀", NULL, 200, NULL);
    assert_int_equal(count_at("meetings"), 1);
    assert_int_equal(number_at("meetings.0.id"), id);
    ask("GET", "/tags", NULL, 200, "계획");
    assert_int_equal(number_at("0.meetings"), 1);
    ask("GET", "/meetings?limit=0", NULL, 400, "\"limit\"");
    ask("GET", "/meetings?offset=x", NULL, 400, "\"offset\"");
}

static void a_meeting_is_changed_as_it_was_seen(void **state)
{
    (void)state;
    ask_of("GET", 200, "출시일은", NULL, "/meetings/%lld", id);
    assert_int_equal(count_at("segments"), 4);
    assert_int_equal(count_at("speakers"), 3);
    assert_string_equal(text_at("speakers.0.name"), "민수");
    assert_false(cJSON_IsTrue(member("has_audio")));
    char tag[16];
    snprintf(tag, sizeof tag, "%s", text_at("etag"));
    with = (struct moim_http_field){"If-Match", tag};
    ask_of("PATCH", 200, "출시 회의", "{\"title\": \"출시 회의\", \"started_at\": \"2026-11-25T09:30:00Z\"}",
           "/meetings/%lld", id);
    assert_string_equal(text_at("started_at"), "2026-11-25T09:30:00Z");
    with = (struct moim_http_field){"If-Match", tag};
    ask_of("PATCH", 409, "\"changed\"", "{\"title\": \"또 다른\"}", "/meetings/%lld", id);
    assert_string_equal(text_at("current.title"), "출시 회의");
    ask_of("PATCH", 400, "started_at", "{\"started_at\": \"gestern\"}", "/meetings/%lld", id);
    ask_of("PATCH", 400, "tags", "{\"tags\": \"one\"}", "/meetings/%lld", id);
    ask_of("PATCH", 400, "tags", "{\"tags\": [\"a\\nb\"]}", "/meetings/%lld", id);
    ask_of("PATCH", 400, "title", "{\"title\": \"\"}", "/meetings/%lld", id);
    ask_of("PATCH", 400, NULL, NULL, "/meetings/%lld", id);
    ask("PATCH", "/meetings/999", "{\"title\": \"x\"}", 404, "no_meeting");
    ask("GET", "/meetings/999", NULL, 404, "no_meeting");
    ask_of("GET", 200, "출시 회의", NULL, "/meetings/%lld", id);
}

static void paths_and_methods_that_are_not_there(void **state)
{
    (void)state;
    ask("GET", "/meetings/0", NULL, 404, "not_found");
    ask("GET", "/meetings/01", NULL, 404, NULL);
    ask("GET", "/meetings/1/", NULL, 404, NULL);
    ask("GET", "/nothing", NULL, 404, NULL);
    ask("PUT", "/meetings/1", "{}", 405, NULL);
    assert_string_equal(header_of("Allow"), "GET, PATCH, DELETE");
    ask("PATCH", "/meetings/1", "{not json", 400, NULL);
    ask("PATCH", "/meetings/1", "[1]", 400, NULL);
    ask("HEAD", "/settings", NULL, 200, NULL);
}

static void a_line_is_corrected_marked_and_given_to_another(void **state)
{
    (void)state;
    long long line = segment(0);
    char tag[16];
    snprintf(tag, sizeof tag, "%s", text_at("segments.0.etag"));
    ask_of("PATCH", 200, "\"edited\":true", "{\"text\": \"출시일은 12월 2일로 합시다.\"}",
           "/meetings/%lld/segments/%lld", id, line);
    with = (struct moim_http_field){"If-Match", tag};
    ask_of("PATCH", 409, "12월 2일", "{\"text\": \"x\"}", "/meetings/%lld/segments/%lld", id, line);
    ask_of("POST", 200, "12월 1일", "{}", "/meetings/%lld/segments/%lld/undo", id, line);
    ask_of("PATCH", 200, "\"highlighted\":true", "{\"highlighted\": true}", "/meetings/%lld/segments/%lld",
           id, line);
    ask_of("PATCH", 200, "\"speaker_number\":4", "{\"speaker\": 0}", "/meetings/%lld/segments/%lld", id,
           line);
    ask_of("PATCH", 200, "영희", "{\"speaker\": 2}", "/meetings/%lld/segments/%lld", id, line);
    ask_of("PATCH", 400, "text", "{}", "/meetings/%lld/segments/%lld", id, line);
    ask_of("PATCH", 400, "speaker", "{\"speaker\": 1001}", "/meetings/%lld/segments/%lld", id, line);
    ask_of("PATCH", 404, "no_segment", "{\"text\": \"x\"}", "/meetings/%lld/segments/9999", id);
    ask("PATCH", "/meetings/999/segments/1", "{\"text\": \"x\"}", 404, "no_meeting");
}

static void a_line_is_split_and_joined(void **state)
{
    (void)state;
    long long line = segment(0);
    ask_of("POST", 200, "출시일은", "{\"at\": 5}", "/meetings/%lld/segments/%lld/split", id, line);
    assert_string_equal(text_at("text"), "출시일은");
    segment(0);
    assert_int_equal(count_at("segments"), 5);
    assert_string_equal(text_at("segments.1.text"), "12월 1일로 합시다.");
    ask_of("POST", 200, "출시일은 12월 1일로 합시다.", "{}", "/meetings/%lld/segments/%lld/join", id, line);
    segment(0);
    assert_int_equal(count_at("segments"), 4);
    ask_of("POST", 400, "at", "{\"at\": 0}", "/meetings/%lld/segments/%lld/split", id, line);
    ask_of("POST", 404, NULL, "{\"at\": 3}", "/meetings/%lld/segments/9999/split", id);
}

static void speakers_are_named_merged_and_given_lines(void **state)
{
    (void)state;
    char body[100], tag[16];
    ask_of("GET", 200, NULL, NULL, "/meetings/%lld", id);
    snprintf(tag, sizeof tag, "%s", text_at("speakers.0.etag"));
    ask_of("PATCH", 200, "김민수", "{\"name\": \"김민수\"}", "/meetings/%lld/speakers/1", id);
    with = (struct moim_http_field){"If-Match", tag};
    ask_of("PATCH", 409, "김민수", "{\"name\": \"박민수\"}", "/meetings/%lld/speakers/1", id);
    ask_of("PATCH", 404, "no_speaker", "{\"name\": \"x\"}", "/meetings/%lld/speakers/9", id);
    ask_of("PATCH", 400, "name", "{}", "/meetings/%lld/speakers/1", id);
    ask_of("POST", 200, NULL, "{\"into\": 2}", "/meetings/%lld/speakers/3/merge", id);
    assert_int_equal(count_at(""), 2);
    ask_of("GET", 200, "\"kind\":\"merge\"", NULL, "/meetings/%lld", id);
    ask_of("POST", 200, "철수", "{}", "/meetings/%lld/speakers/undo", id);
    assert_int_equal(count_at(""), 3);
    ask_of("POST", 400, "into", "{\"into\": 3}", "/meetings/%lld/speakers/3/merge", id);
    ask_of("POST", 404, "no_speaker", "{\"into\": 8}", "/meetings/%lld/speakers/3/merge", id);
    snprintf(body, sizeof body, "{\"segments\": [%lld, %lld], \"speaker\": 0}", segment(0), segment(1));
    ask_of("POST", 200, NULL, body, "/meetings/%lld/segments/speaker", id);
    assert_int_equal(count_at(""), 3); /* number 2 has no line any more */
    ask_of("POST", 400, "segments", "{\"segments\": [], \"speaker\": 1}", "/meetings/%lld/segments/speaker",
           id);
    ask_of("POST", 400, "segments", "{\"segments\": [\"1\"], \"speaker\": 1}",
           "/meetings/%lld/segments/speaker", id);
    ask_of("POST", 400, "speaker", "{\"segments\": [1]}", "/meetings/%lld/segments/speaker", id);
    ask_of("POST", 404, "no_audio", "{}", "/meetings/%lld/speakers/1/split", id);
    ask_of("POST", 400, "consent", "{}", "/meetings/%lld/speakers/1/remember", id);
    ask_of("POST", 404, "no_speaker", "{\"consent\": true}", "/meetings/%lld/speakers/9/remember", id);
    ask("GET", "/voices", NULL, 200, "\"voices\":[]");
    ask("DELETE", "/voices", NULL, 400, "name");
    ask("DELETE", "/voices?name=nobody", NULL, 404, NULL);
}

static void bookmarks_come_and_go(void **state)
{
    (void)state;
    ask_of("POST", 201, "여기", "{\"at\": 1.5, \"note\": \"여기\"}", "/meetings/%lld/bookmarks", id);
    ask_of("DELETE", 204, NULL, NULL, "/meetings/%lld/bookmarks/%lld", id, number_at("0.id"));
    ask_of("GET", 200, "\"bookmarks\":[]", NULL, "/meetings/%lld", id);
    ask_of("DELETE", 404, NULL, NULL, "/meetings/%lld/bookmarks/99", id);
    ask_of("POST", 400, "at", "{\"note\": \"x\"}", "/meetings/%lld/bookmarks", id);
    ask_of("POST", 400, "at", "{\"at\": -1}", "/meetings/%lld/bookmarks", id);
    ask("POST", "/meetings/999/bookmarks", "{\"at\": 1}", 404, "no_meeting");
}

static long long add_task(const char *more)
{
    char body[300];
    snprintf(body, sizeof body, "{\"kind\": \"action\", \"text\": \"문서를 쓴다\"%s}", more);
    ask_of("POST", 201, "문서를 쓴다", body, "/meetings/%lld/minutes/lines", id);
    return number_at("actions.0.id");
}

static void minutes_are_written_by_hand(void **state)
{
    (void)state;
    char body[200], tag[16];
    ask_of("GET", 404, "no_minutes", NULL, "/meetings/%lld/minutes", id);
    ask_of("GET", 200, "[]", NULL, "/meetings/%lld/minutes/versions", id);
    snprintf(body, sizeof body,
             ", \"owner\": \"민수\", \"due\": \"금요일\", \"due_date\": \"2026-12-04\", \"evidence\": [%lld]",
             segment(2));
    long long line = add_task(body);
    assert_non_null(strstr(header_of("Location"), "/minutes/lines/"));
    assert_string_equal(text_at("actions.0.owner"), "민수");
    assert_int_equal(count_at("actions.0.evidence"), 1);
    snprintf(tag, sizeof tag, "%s", text_at("actions.0.etag"));
    ask_of("PATCH", 200, "\"done\":true", "{\"done\": true, \"text\": \"문서를 다 쓴다\"}",
           "/meetings/%lld/minutes/lines/%lld", id, line);
    with = (struct moim_http_field){"If-Match", tag};
    ask_of("PATCH", 409, "문서를 다 쓴다", "{\"text\": \"x\"}", "/meetings/%lld/minutes/lines/%lld", id,
           line);
    ask_of("DELETE", 200, "\"actions\":[]", NULL, "/meetings/%lld/minutes/lines/%lld", id, line);
    ask_of("PATCH", 200, "문서를 다 쓴다", "{\"removed\": false}", "/meetings/%lld/minutes/lines/%lld", id,
           line);
    ask_of("PATCH", 200, NULL, "{\"verdict\": \"accepted\"}", "/meetings/%lld/minutes/lines/%lld", id, line);
    ask_of("GET", 200, "\"current\":true", NULL, "/meetings/%lld/minutes/versions", id);
    ask_of("GET", 200, "\"same\"", NULL, "/meetings/%lld/minutes/diff?from=1", id);
    ask_of("GET", 200, "문서를 다 쓴다", NULL, "/meetings/%lld/minutes?version=1", id);
    ask_of("POST", 404, "no_version", "{}", "/meetings/%lld/minutes/versions/9/restore", id);
    ask_of("POST", 404, "no_version", "{}", "/meetings/%lld/minutes/versions/9999999/restore", id);
    ask_of("GET", 404, NULL, NULL, "/meetings/%lld/minutes/diff?from=7", id);
}

static void lines_of_minutes_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *body, *part;
    } wrong[] = {
        {"{\"kind\": \"action\"}", "text"},
        {"{\"text\": \"x\"}", "kind"},
        {"{\"kind\": \"poem\", \"text\": \"x\"}", "kind"},
        {"{\"kind\": \"action\", \"text\": \" \\n\"}", "text"},
        {"{\"kind\": \"action\", \"text\": \"x\", \"due_date\": \"2026-02-30\"}", "due_date"},
        {"{\"kind\": \"action\", \"text\": \"x\", \"evidence\": [0]}", "evidence"},
        {"{\"kind\": \"action\", \"text\": \"x\", \"evidence\": \"1\"}", "evidence"},
        {"{\"kind\": \"action\", \"text\": \"x\", \"done\": 1}", "done"},
        {"{\"kind\": \"action\", \"text\": \"x\", \"verdict\": \"maybe\"}", "verdict"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ask_of("POST", 400, wrong[i].part, wrong[i].body, "/meetings/%lld/minutes/lines", id);
    ask("POST", "/meetings/999/minutes/lines", "{\"kind\": \"action\", \"text\": \"x\"}", 404, "no_meeting");
    ask_of("PATCH", 404, "no_line", "{\"done\": true}", "/meetings/%lld/minutes/lines/77", id);
    ask("PATCH", "/tasks/77", "{\"done\": true}", 404, "no_line");
}

static void tasks_of_all_meetings(void **state)
{
    (void)state;
    long long line = add_task(", \"owner\": \"민수\", \"due_date\": \"2026-12-04\"");
    id = text_meeting("영희: 다른 회의입니다.\n");
    add_task("");
    ask("GET", "/tasks", NULL, 200, NULL);
    assert_int_equal(number_at("total"), 2);
    ask("GET", "/tasks?owner=민수", NULL, 200, "2026-12-04");
    assert_int_equal(number_at("total"), 1);
    assert_int_equal(number_at("owners.0.open"), 1);
    ask("GET", "/tasks?owner=-", NULL, 200, NULL);
    assert_int_equal(number_at("total"), 1);
    ask("GET", "/tasks?due_from=2026-12-05", NULL, 200, NULL);
    assert_int_equal(number_at("total"), 0);
    ask("GET", "/tasks?due_until=2026-12-05", NULL, 200, NULL);
    assert_int_equal(number_at("total"), 1);
    ask_of("PATCH", 200, "\"done\":true", "{\"done\": true}", "/tasks/%lld", line);
    ask("GET", "/tasks?state=done", NULL, 200, "민수");
    ask("GET", "/tasks?state=open", NULL, 200, NULL);
    assert_int_equal(number_at("total"), 1);
    ask("GET", "/tasks?format=csv", NULL, 200, "문서를 쓴다");
    assert_non_null(strstr(header_of("Content-Disposition"), "tasks.csv"));
    ask("GET", "/tasks?format=ics", NULL, 200, "BEGIN:VTODO");
    ask("GET", "/tasks?format=xls", NULL, 400, "format");
    ask("GET", "/tasks?state=lost", NULL, 400, "state");
    ask("GET", "/tasks?due_from=gestern", NULL, 400, "due_from");
    ask("GET", "/tasks?limit=0", NULL, 400, "limit");
}

static void deleted_meetings_wait_in_the_trash(void **state)
{
    (void)state;
    ask_of("DELETE", 204, NULL, NULL, "/meetings/%lld", id);
    ask("GET", "/meetings", NULL, 200, "\"total\":0");
    ask("GET", "/trash", NULL, 200, "\"total\":1");
    assert_int_equal(number_at("meetings.0.id"), id);
    ask_of("POST", 200, "출시일은", "{}", "/meetings/%lld/restore", id);
    ask("GET", "/meetings", NULL, 200, "\"total\":1");
    ask_of("DELETE", 204, NULL, NULL, "/meetings/%lld", id);
    ask("DELETE", "/trash", NULL, 200, "\"deleted\":1");
    ask("GET", "/trash", NULL, 200, "\"total\":0");
    ask_of("POST", 404, "no_meeting", "{}", "/meetings/%lld/restore", id);
    ask_of("DELETE", 404, "no_meeting", NULL, "/meetings/%lld?forever=1", id);
    ask_of("DELETE", 400, "forever", NULL, "/meetings/%lld?forever=2", id);
}

static void bulk(const char *action, const char *more, int done, int failed)
{
    char body[300];
    snprintf(body, sizeof body, "{\"ids\": [%lld, 999], \"action\": \"%s\"%s}", id, action, more);
    ask("POST", "/meetings/bulk", body, 200, NULL);
    assert_int_equal(count_at("done"), done);
    assert_int_equal(count_at("failed"), failed);
}

static void many_at_once_and_what_fails_is_told(void **state)
{
    (void)state;
    bulk("tag", ", \"tags\": [\"하나\", \"둘\"]", 1, 1);
    assert_int_equal(number_at("failed.0.id"), 999);
    assert_string_equal(text_at("failed.0.code"), "no_meeting");
    bulk("untag", ", \"tags\": [\"둘\"]", 1, 1);
    ask_of("GET", 200, "\"tags\":[\"하나\"]", NULL, "/meetings/%lld", id);
    bulk("minutes", ", \"template\": \"weekly\", \"language\": \"en\"", 1, 1);
    ask("GET", "/jobs", NULL, 200, "\"minutes\"");
    ask_of("DELETE", 200, "cancelled", NULL, "/jobs/%lld", number_at("0.id"));
    bulk("trash", "", 1, 1);
    bulk("restore", "", 1, 1);
    bulk("delete", "", 1, 1);
    ask("GET", "/trash", NULL, 200, "\"total\":0");
    ask("POST", "/meetings/bulk", "{\"ids\": [1]}", 400, "action");
    ask("POST", "/meetings/bulk", "{\"ids\": [1], \"action\": \"burn\"}", 400, "action");
    ask("POST", "/meetings/bulk", "{\"ids\": [0], \"action\": \"trash\"}", 400, "ids");
    ask("POST", "/meetings/bulk", "{\"ids\": [1], \"action\": \"minutes\", \"template\": \"nonsense\"}", 400,
        "template");
    ask("POST", "/meetings/bulk", "{\"ids\": [1], \"action\": \"minutes\", \"language\": \"xx\"}", 400,
        "language");
}

static void jobs_are_queued_and_taken_back(void **state)
{
    (void)state;
    ask_of("POST", 202, "\"queued\"", "{\"template\": \"plain\", \"model\": \"none\"}",
           "/meetings/%lld/minutes", id);
    long long job = number_at("id");
    ask("GET", "/jobs", NULL, 200, "\"minutes\"");
    assert_int_equal(count_at(""), 2); /* the import left one */
    ask("GET", "/state", NULL, 200, "\"minutes\"");
    ask_of("DELETE", 200, NULL, NULL, "/jobs/%lld", job);
    ask("GET", "/jobs", NULL, 200, NULL);
    assert_int_equal(count_at(""), 1);
    ask_of("DELETE", 404, NULL, NULL, "/jobs/%lld", job);
    ask_of("POST", 400, "model", "{\"model\": \"/etc/passwd\"}", "/meetings/%lld/minutes", id);
    ask_of("POST", 400, "template", "{\"template\": \"nonsense\"}", "/meetings/%lld/minutes", id);
    ask("POST", "/meetings/999/minutes", "{}", 404, "no_meeting");
    ask_of("POST", 409, "no_audio", "{\"again\": true}", "/meetings/%lld/process", id);
    ask_of("POST", 400, "\"to\"", "{\"from\": 3}", "/meetings/%lld/process", id);
    ask_of("POST", 400, "\"to\"", "{\"from\": 3, \"to\": 2}", "/meetings/%lld/process", id);
    ask_of("POST", 400, "recogniser", "{\"recogniser\": \"ear\", \"to\": 2}", "/meetings/%lld/process", id);
    ask_of("POST", 202, "\"process\"", "{\"language\": \"ko\"}", "/meetings/%lld/process", id);
}

static void search_finds_words_people_and_titles(void **state)
{
    (void)state;
    ask("GET", "/search?q=예산", NULL, 200, "삼천만");
    assert_int_equal(number_at("total"), 1);
    assert_int_equal(number_at("hits.0.meeting"), id);
    assert_false(cJSON_IsTrue(member("more")));
    ask("GET", "/search?q=예산&words=1&order=meeting", NULL, 200, "삼천만");
    ask("GET", "/search?speaker=영희", NULL, 200, "그날로");
    ask("GET", "/search?q=예산&speaker=영희", NULL, 200, "\"total\":0");
    ask("GET", "/search?q=예산&tag=없음", NULL, 200, "\"total\":0");
    ask("GET", "/search?q=예산&to=1999-12-31", NULL, 200, "\"total\":0");
    ask("GET", "/search?q=예산&from=1999-12-31", NULL, 200, "\"total\":1");
    ask("GET", "/search?q=예산&meeting=999", NULL, 200, "\"total\":0");
    ask("GET", "/search?q=+", NULL, 200, NULL);
    ask("GET", "/search", NULL, 400, "\"q\"");
    ask("GET", "/search?q=x&from=1999-13-01", NULL, 400, "from");
    ask("GET", "/search?q=x&order=random", NULL, 400, "order");
    ask("GET", "/search?q=x&limit=9999", NULL, 400, "limit");
    moim_finder_poll(sv.finder);
}

static void words_are_kept_and_suggestions_dismissed(void **state)
{
    (void)state;
    ask("POST", "/vocabulary", "{\"word\": \"하이퍼클로바\", \"sounds_like\": \"하이퍼 클로버\"}", 200,
        "하이퍼 클로버");
    ask("GET", "/vocabulary", NULL, 200, NULL);
    assert_int_equal(count_at("words"), 1);
    ask("DELETE", "/vocabulary?word=하이퍼클로바", NULL, 200, "\"words\":[]");
    ask("DELETE", "/vocabulary?word=하이퍼클로바", NULL, 404, NULL);
    ask("DELETE", "/vocabulary", NULL, 400, "word");
    ask("POST", "/vocabulary", "{\"word\": \"  \"}", 400, "word");
    ask("POST", "/vocabulary", "{\"word\": \"두\\n줄\"}", 400, "word");
    ask("POST", "/vocabulary/dismiss", "{\"word\": \"알파\"}", 200, NULL);
    ask("POST", "/vocabulary/dismiss", "{\"word\": \"알파\"}", 200, NULL);
    char *kept;
    assert_ok(moim_setting_get(store, "dismissed_words", "", &kept, &err), err);
    assert_string_equal(kept, "알파\n");
    free(kept);
}

static void settings_are_checked_before_any_is_kept(void **state)
{
    (void)state;
    ask("GET", "/settings", NULL, 200, "\"minutes_template\":\"plain\"");
    ask("PATCH", "/settings",
        "{\"name\": \"회의실\", \"captions\": false, \"keep_audio_days\": 30, \"theme\": \"dark\", \"minutes_model\": \"none\", \"minutes_template\": \"weekly\", \"microphone\": \"\"}",
        200, "회의실");
    ask("GET", "/settings", NULL, 200, "\"keep_audio_days\":30");
    assert_true(cJSON_IsFalse(member("captions")));
    assert_string_equal(text_at("theme"), "dark");
    static const struct {
        const char *body, *key;
    } wrong[] = {{"{\"theme\": \"light\", \"ui_language\": \"fr\"}", "ui_language"},
                 {"{\"keep_audio_days\": -1}", "keep_audio_days"},
                 {"{\"captions\": \"yes\"}", "captions"},
                 {"{\"minutes_model\": \"../x\"}", "minutes_model"},
                 {"{\"minutes_template\": \"nonsense\"}", "minutes_template"},
                 {"{\"name\": \"\"}", "name"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ask("PATCH", "/settings", wrong[i].body, 400, wrong[i].key);
    ask("GET", "/settings", NULL, 200, "\"theme\":\"dark\"");
    assert_ok(moim_setting_set(store, "theme", "pink", &err), err);
    assert_ok(moim_setting_set(store, "keep_audio_days", "1e9", &err), err);
    ask("GET", "/settings", NULL, 200, "\"theme\":\"auto\"");
    assert_int_equal(number_at("keep_audio_days"), 0);
}

static void own_templates(void **state)
{
    (void)state;
    ask("POST", "/templates", "{\"name\": \"영업\", \"text\": \"고객의 요구를 쓴다.\"}", 200, "영업");
    ask("PATCH", "/settings", "{\"minutes_template\": \"영업\"}", 200, "영업");
    ask("POST", "/templates", "{\"name\": \"weekly\", \"text\": \"x\"}", 400, "name");
    ask("POST", "/templates", "{\"name\": \"a/b\", \"text\": \"x\"}", 400, "name");
    ask("POST", "/templates", "{\"name\": \"c\", \"text\": \"sections: nonsense\"}", 400, "text");
    ask("GET", "/templates", NULL, 200, NULL);
    assert_int_equal(count_at("templates"), 1);
    ask("DELETE", "/templates?name=영업", NULL, 200, "\"templates\":[]");
    ask("GET", "/settings", NULL, 200, "\"minutes_template\":\"plain\""); /* its kind is gone */
    ask("DELETE", "/templates?name=영업", NULL, 404, "no_template");
}

static void a_question_is_answered_by_what_was_said(void **state)
{
    (void)state;
    char body[200];
    snprintf(body, sizeof body, "{\"question\": \"예산은 얼마입니까?\", \"meeting\": %lld}", id);
    ask("POST", "/ask", body, 200, "삼천만");
    assert_true(count_at("citations") >= 1);
    assert_int_equal(number_at("citations.0.meeting"), id);
    long long question = number_at("id");
    ask("GET", "/questions", NULL, 200, "얼마입니까");
    ask_of("DELETE", 204, NULL, NULL, "/questions/%lld", question);
    ask_of("DELETE", 404, NULL, NULL, "/questions/%lld", question);
    ask("POST", "/ask", body, 200, NULL);
    ask_of("DELETE", 204, NULL, NULL, "/questions?meeting=%lld", id);
    ask("GET", "/questions", NULL, 200, "\"questions\":[]");
    ask("POST", "/ask", "{\"question\": \"무엇?\", \"meeting\": 999}", 404, "no_meeting");
    ask("POST", "/ask", "{\"question\": \"\"}", 400, "question");
    ask("GET", "/questions?limit=0", NULL, 400, "limit");
}

static void passages_are_replaced_and_blotted_out(void **state)
{
    (void)state;
    ask_of("POST", 200, "\"lines\":1", "{\"old\": \"출시일\", \"new\": \"공개일\"}", "/meetings/%lld/replace",
           id);
    ask_of("GET", 200, "공개일은", NULL, "/meetings/%lld", id);
    ask("POST", "/replace", "{\"old\": \"공개일\", \"new\": \"출시일\"}", 200, "\"meetings\":1");
    ask_of("POST", 201, NULL, "{\"words\": [\"삼천만\"], \"names\": true}", "/meetings/%lld/redact", id);
    long long copy = number_at("id");
    assert_int_not_equal(copy, id);
    ask_of("GET", 200, NULL, NULL, "/meetings/%lld", copy);
    assert_null(strstr(an.body, "삼천만"));
    assert_null(strstr(an.body, "영희"));
    ask_of("GET", 200, "삼천만", NULL, "/meetings/%lld", id);
    ask_of("POST", 400, "must name", "{}", "/meetings/%lld/redact", id);
    ask_of("POST", 400, "words", "{\"words\": [\"\"]}", "/meetings/%lld/redact", id);
    ask("POST", "/replace", "{\"old\": \"\", \"new\": \"x\"}", 400, "old");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end_routes)
    const struct CMUnitTest tests[] = {
        TEST(meetings_are_listed_by_page_and_tag),
        TEST(a_meeting_is_changed_as_it_was_seen),
        TEST(paths_and_methods_that_are_not_there),
        TEST(a_line_is_corrected_marked_and_given_to_another),
        TEST(a_line_is_split_and_joined),
        TEST(speakers_are_named_merged_and_given_lines),
        TEST(bookmarks_come_and_go),
        TEST(minutes_are_written_by_hand),
        TEST(lines_of_minutes_that_make_no_sense_are_refused),
        TEST(tasks_of_all_meetings),
        TEST(deleted_meetings_wait_in_the_trash),
        TEST(many_at_once_and_what_fails_is_told),
        TEST(jobs_are_queued_and_taken_back),
        TEST(search_finds_words_people_and_titles),
        TEST(words_are_kept_and_suggestions_dismissed),
        TEST(settings_are_checked_before_any_is_kept),
        TEST(own_templates),
        TEST(a_question_is_answered_by_what_was_said),
        TEST(passages_are_replaced_and_blotted_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
