/* The interface's routes about files and the machine: what comes in and goes out, sound and its waveform, the page's own files,
 * recording, models, pairing. Each is asked for what it does and for what it refuses (docs/openapi.yaml). */
#include "firmware/routes.h"

#include <math.h>
#include <sndfile.h>

#define TALK "민수: 출시일은 12월 1일로 합시다.\n영희: 네, 그날로 하죠.\n"
#define SECONDS 2

static char wav[96];

static void make_sound(void)
{
    snprintf(wav, sizeof wav, "%s/in.wav", dir);
    SF_INFO info = {.samplerate = 16000, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
    SNDFILE *f = sf_open(wav, SFM_WRITE, &info);
    assert_non_null(f);
    for (int i = 0; i < SECONDS * 16000; i++)
        sf_write_float(f, &(float){(i < 16000 ? 0.1f : 0.6f) * (float)sin(i * 0.05)}, 1);
    sf_close(f);
}

static long long sound_meeting(const char *query)
{
    char at[300];
    make_sound();
    snprintf(at, sizeof at, "/meetings?name=../회의.wav%s", query);
    if (send_file("POST", at, NULL, wav) != 201) fail_msg("%s: %d %s", at, an.status, an.body);
    return number_at("id");
}

static void a_recording_comes_in_as_it_is_wished(void **state)
{
    (void)state;
    long long id = sound_meeting(
        "&title=주간 회의&tags=팀, 계획&started_at=2026-11-25T09:30:00Z&minutes=0&speakers=3&language=ko");
    assert_string_equal(text_at("title"), "주간 회의");
    assert_string_equal(text_at("started_at"), "2026-11-25T09:30:00Z");
    assert_int_equal(count_at("tags"), 2);
    assert_true(cJSON_IsTrue(member("has_audio")));
    assert_int_equal(number_at("duration_s"), SECONDS);
    ask("GET", "/jobs", NULL, 200, "\"process\"");
    assert_int_equal(number_at("0.meeting"), id);
    sound_meeting("&channels=mix&date=2026-03-02 10:30");
    assert_string_equal(text_at("title"), "회의");
    assert_int_equal(strncmp(text_at("started_at"), "2026-03-0", 9), 0);
}

static void what_cannot_come_in_is_refused(void **state)
{
    (void)state;
    char file[96];
    static const char *const wrong[][2] = {{"language=fr", "language"},   {"channels=left", "channels"},
                                           {"date=gestern", "date"},      {"started_at=x", "started_at"},
                                           {"speakers=many", "speakers"}, {"minutes=2", "minutes"},
                                           {"tags=a%09b\t", "tags"}};
    make_sound();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char at[100];
        snprintf(at, sizeof at, "/meetings?name=a.wav&%s", wrong[i][0]);
        assert_int_equal(send_file("POST", at, NULL, wav), 400);
        assert_non_null(strstr(an.body, wrong[i][1]));
    }
    assert_int_equal(send_file("POST", "/meetings?name=a.wav", NULL, NULL), 400); /* no file */
    write_file(file, "letter.wav", "Dear moim, this is a letter and no recording.\n");
    assert_int_equal(send_file("POST", "/meetings?name=letter.wav", NULL, file), 422);
    assert_null(strstr(an.body, dir)); /* the name of the temporary file is nobody's business */
    assert_non_null(strstr(an.body, "letter.wav"));
    ask("GET", "/meetings", NULL, 200, "\"total\":0");
}

static void every_format_goes_out(void **state)
{
    (void)state;
    static const struct {
        const char *format, *begins, *holds;
    } out[] = {{"md", "# ", "출시일은"},  {"obsidian", "---", "출시일은"},
               {"txt", "", "출시일은"},   {"html", "<!", "출시일은"},
               {"srt", "1\n", "-->"},     {"vtt", "WEBVTT", "출시일은"},
               {"json", "{", "출시일은"}, {"docx", "PK", NULL},
               {"hwpx", "PK", NULL},      {"pdf", "%PDF-", NULL},
               {"csv", "", NULL},         {"ics", "BEGIN:VCALENDAR", NULL}};
    long long id = text_meeting(TALK);
    for (size_t i = 0; i < sizeof out / sizeof *out; i++) {
        ask_of("GET", 200, out[i].holds, NULL, "/meetings/%lld/export?format=%s", id, out[i].format);
        const char *begins = strstr(an.body, out[i].begins);
        if (!begins || begins > an.body + 3)
            fail_msg("%s begins with %.20s", out[i].format, an.body); /* after a mark of order */
        assert_non_null(strstr(header_of("Content-Disposition"), "attachment; filename=\"meeting-"));
    }
    ask_of("PATCH", 200, NULL, "{\"title\": \"a b/c\"}", "/meetings/%lld", id);
    ask_of("GET", 200, NULL, NULL, "/meetings/%lld/export?format=txt&clean=1&minutes_only=0", id);
    assert_non_null(strstr(header_of("Content-Disposition"), "filename*=UTF-8''a%20b%2Fc.txt"));
    ask_of("GET", 400, "format", NULL, "/meetings/%lld/export?format=xls", id);
    ask_of("GET", 400, "clean", NULL, "/meetings/%lld/export?clean=2", id);
    ask("GET", "/meetings/999/export", NULL, 404, "no_meeting");
}

static void range(long long id, const char *bytes, int status, const char *is, uint64_t n)
{
    with = (struct moim_http_field){"Range", bytes};
    ask_of("GET", status, NULL, NULL, "/meetings/%lld/audio", id);
    assert_string_equal(header_of("Content-Range"), is);
    if (status < 400) assert_int_equal(an.n, n);
}

static void sound_is_sent_whole_and_in_parts(void **state)
{
    (void)state;
    char want[80];
    long long id = sound_meeting("");
    ask_of("GET", 200, NULL, NULL, "/meetings/%lld/audio?download=1", id);
    unsigned long long size = an.n;
    assert_memory_equal(an.body, "fLaC", 4);
    assert_non_null(strstr(header_of("Content-Disposition"), ".flac"));
    snprintf(want, sizeof want, "bytes 0-3/%llu", size);
    range(id, "bytes=0-3", 206, want, 4);
    assert_memory_equal(an.body, "fLaC", 4);
    snprintf(want, sizeof want, "bytes %llu-%llu/%llu", size - 10, size - 1, size);
    range(id, "bytes=-10", 206, want, 10);
    snprintf(want, sizeof want, "bytes 4-%llu/%llu", size - 1, size);
    range(id, "bytes=4-", 206, want, size - 4);
    range(id, "bytes=4-999999999", 206, want, size - 4);
    snprintf(want, sizeof want, "bytes */%llu", size);
    range(id, "bytes=999999999-", 416, want, 0);
    range(id, "bytes=-0", 416, want, 0);
    /* What is no range is no reason to refuse. */
    static const char *const odd[] = {"bytes=3-1", "bytes=a-b", "bytes=1-2,4-5",
                                      "lines=1-2", "bytes=-x",  "bytes=1-2-3"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) range(id, odd[i], 200, "", size);
    ask_of("GET", 404, "no_audio", NULL, "/meetings/%lld/audio", text_meeting(TALK));
    ask("GET", "/meetings/999/audio", NULL, 404, "no_meeting");
    ask_of("GET", 400, "download", NULL, "/meetings/%lld/audio?download=2", id);
}

static void the_waveform_shows_what_is_loud(void **state)
{
    (void)state;
    long long id = sound_meeting("");
    for (int again = 0; again < 2; again++) { /* measured, then remembered */
        ask_of("GET", 200, NULL, NULL, "/meetings/%lld/peaks?n=4", id);
        assert_int_equal(count_at("peaks"), 4);
        assert_int_equal(number_at("duration_s"), SECONDS);
        assert_in_range(number_at("peaks.0"), 15, 60);
        assert_in_range(number_at("peaks.3"), 100, 255);
    }
    ask_of("GET", 200, NULL, NULL, "/meetings/%lld/peaks?n=4000",
           id); /* more than there are: each is shown more than once */
    assert_int_equal(count_at("peaks"), 4000);
    ask_of("GET", 400, "\"n\"", NULL, "/meetings/%lld/peaks?n=0", id);
    ask_of("GET", 404, "no_audio", NULL, "/meetings/%lld/peaks", text_meeting(TALK));
}

static void a_meeting_goes_sealed_to_another_device(void **state)
{
    (void)state;
    char file[96];
    long long id = sound_meeting("&title=봉한 회의");
    ask_of("POST", 200, NULL, "{\"passphrase\": \"우리만 아는 말\", \"audio\": true}", "/meetings/%lld/share",
           id);
    assert_non_null(strstr(header_of("Content-Disposition"), ".moim"));
    snprintf(file, sizeof file, "%s/sealed.moim", dir);
    FILE *f = fopen(file, "wb");
    assert_int_equal(fwrite(an.body, 1, an.n, f), an.n);
    fclose(f);
    assert_int_equal(send_file("POST", "/meetings?name=sealed.moim", NULL, file), 400);
    assert_non_null(strstr(an.body, "\"sealed\""));
    with = (struct moim_http_field){"X-Moim-Passphrase", "something%20else"};
    assert_int_equal(send_file("POST", "/meetings?name=sealed.moim", NULL, file), 400);
    assert_non_null(strstr(an.body, "wrong_passphrase"));
    with = (struct moim_http_field){"X-Moim-Passphrase", "%zz"};
    assert_int_equal(send_file("POST", "/meetings?name=sealed.moim", NULL, file), 400);
    with = (struct moim_http_field){"X-Moim-Passphrase",
                                    "%EC%9A%B0%EB%A6%AC%EB%A7%8C%20%EC%95%84%EB%8A%94%20%EB%A7%90"};
    assert_int_equal(send_file("POST", "/meetings?name=sealed.moim", NULL, file), 201);
    assert_string_equal(text_at("title"), "봉한 회의");
    assert_true(number_at("id") != id && cJSON_IsTrue(member("has_audio")));
    ask_of("POST", 400, "passphrase", "{\"passphrase\": \"short\"}", "/meetings/%lld/share", id);
    ask("POST", "/meetings/999/share", "{\"passphrase\": \"long enough\"}", 404, "no_meeting");
}

static void the_page_is_sent_once(void **state)
{
    (void)state;
    char tag[100];
    ask("GET", "./", NULL, 200, NULL);
    assert_string_equal(an.type, "text/html; charset=utf-8");
    size_t whole = an.n;
    snprintf(tag, sizeof tag, "%s", header_of("ETag"));
    with = (struct moim_http_field){"Accept-Encoding", "gzip, br"};
    ask("GET", "./", NULL, 200, NULL);
    assert_string_equal(header_of("Content-Encoding"), "gzip");
    assert_true(an.n < whole);
    with = (struct moim_http_field){"If-None-Match", tag};
    ask("GET", "./", NULL, 304, NULL);
    ask("GET", "./app.js", NULL, 200, NULL);
    assert_string_equal(an.type, "text/javascript; charset=utf-8");
    ask("GET", "./nothing.js", NULL, 404, NULL);
    ask("POST", "./app.js", NULL, 405, NULL);
}

static void the_page_from_a_folder_leads_nowhere_else(void **state)
{
    (void)state;
    char file[96], web[64];
    snprintf(web, sizeof web, "%s/web", dir);
    assert_int_equal(mkdir(web, 0700), 0);
    write_file(file, "web/a.css", "b { color: red }");
    write_file(file, "secret.txt", "secret");
    sv.web_dir = web;
    ask("GET", "./a.css", NULL, 200, "color: red");
    assert_string_equal(an.type, "text/css; charset=utf-8");
    static const char *const out[] = {
        "./../secret.txt", "./web/../../secret.txt", ".//etc/passwd", "./.hidden", "./a b.css", "./"};
    for (size_t i = 0; i < sizeof out / sizeof *out; i++) ask("GET", out[i], NULL, 404, NULL);
}

static void a_recording_is_steered(void **state)
{
    (void)state;
    ask("GET", "/recording", NULL, 501, "no_microphone");
    ask("POST", "/recording/stop", "{}", 501, "no_microphone");
    make_sound();
    const struct moim_mic_options mic = {
        .db = path, .from = wav, .loop = true, .threads = 1, .events = sv.events, .jobs = sv.jobs};
    assert_ok(moim_mic_open(&sv.mic, &mic, &err), err);
    ask("GET", "/devices", NULL, 200, NULL);
    ask("POST", "/recording/stop", "{}", 409, "not_recording");
    ask("POST", "/recording/pause", "{}", 409, NULL);
    ask("POST", "/recording",
        "{\"title\": \"회의\", \"captions\": false, \"language\": \"ko\", \"channel\": 0}", 201, "회의");
    long long id = number_at("id");
    ask("POST", "/recording", "{\"captions\": false}", 409, NULL);
    ask("POST", "/recording", "{\"language\": \"fr\"}", 400, "language");
    ask("POST", "/recording/bookmark", "{\"note\": \"여기\"}", 201, "여기");
    ask("POST", "/recording/memo", "{\"text\": \"메모\"}", 201, "메모");
    ask("POST", "/recording/memo", "{}", 400, "text");
    ask("POST", "/recording/pause", "{}", 200, "\"paused\":true");
    ask("POST", "/recording/resume", "{}", 200, "\"paused\":false");
    ask("GET", "/state", NULL, 200, "\"simulated\":true");
    assert_int_equal(number_at("recording.id"), id);
    ask_of("GET", 409, "being_recorded", NULL, "/meetings/%lld/audio", id);
    ask_of("POST", 409, "being_recorded", "{\"again\": true}", "/meetings/%lld/process", id);
    ask_of("DELETE", 409, NULL, NULL, "/meetings/%lld", id);
    ask("GET", "/recording", NULL, 200, "\"captions\":[]");
    ask("POST", "/recording/stop", "{}", 200, "duration_s");
    ask_of("GET", 200, "여기", NULL, "/meetings/%lld", id);
    ask_of("GET", 200, "메모", NULL, "/meetings/%lld", id);
    assert_true(count_at("bookmarks") >= 2); /* a busy machine may have marked lost sound, too */
    ask("PATCH", "/settings", "{\"microphone\": \"\"}", 200, NULL); /* looked for again */
    moim_mic_end(sv.mic);
    moim_mic_close(sv.mic);
    sv.mic = NULL;
}

static void the_machine_tells_what_it_lacks(void **state)
{
    (void)state;
    ask("GET", "/hello", NULL, 200, "\"pairing_required\":false");
    assert_true(cJSON_IsTrue(member("paired")));
    ask("GET", "/state", NULL, 200, "\"missing\":[");
    assert_true(count_at("missing") > 3);
    ask("GET", "/device", NULL, 200, "is missing");
    assert_true(number_at("disk.total_bytes") > number_at("disk.free_bytes"));
    ask("GET", "/setup", NULL, 200, "\"recommended\":true");
    assert_true(number_at("fetch_bytes") > 1000000);
    assert_int_equal(count_at("microphones"), 0);
    ask("GET", "./v1/models", NULL, 200, "\"data\":[]");
    with = (struct moim_http_field){"Accept", "text/event-stream"};
    assert_int_equal(send_file("HEAD", "/events", NULL, NULL), 200);
    assert_int_equal(send_file("GET", "/events", NULL, NULL), 200);
    assert_non_null(an.stream);
    moim_event_client_free(an.stream);
    an.stream = NULL;
}

static int fetching(const char *name)
{
    int n = 0;
    ask("GET", "/models", NULL, 200, NULL);
    const cJSON *x;
    cJSON_ArrayForEach(x, got)
    {
        const cJSON *is = cJSON_GetObjectItem(x, "fetching");
        n += (!name || !strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(x, "name")), name)) &&
             cJSON_IsTrue(is);
    }
    return n;
}

static void models_are_fetched_by_another_program_and_failures_told(void **state)
{
    (void)state;
    ask("POST", "/models/nothing/fetch", "{}", 404, "nothing");
    ask("POST", "/models/silero-vad/fetch", "{}", 202, "\"fetching\":true");
    while (fetching("silero-vad")) moim_fetches_poll(&sv);
    ask("GET", "/models", NULL, 200, "fetch_error"); /* the fetcher of this test fails */
    ask("POST", "/setup/fetch", "{}", 202, "silero-vad");
    int wanted = count_at("fetching");
    assert_true(wanted > 3);
    ask("POST", "/setup/fetch", "{}", 202, NULL); /* none of them twice */
    moim_fetches_poll(&sv);
    assert_int_equal(fetching(NULL), 1); /* one after another */
    while (fetching(NULL)) moim_fetches_poll(&sv);
}

static void a_device_is_let_in_by_its_code(void **state)
{
    (void)state;
    char code[MOIM_CODE_LENGTH + 1], token[MOIM_TOKEN_LENGTH + 1], body[60], bearer[80];
    moim_guard_free(sv.guard);
    assert_ok(moim_guard_new(&sv.guard, sv.dir, true, NULL, &err), err);
    assert_ok(moim_pairing_code(sv.dir, code, &err), err);
    ask("GET", "/hello", NULL, 200, "\"paired\":false");
    ask("GET", "/meetings", NULL, 401, NULL);
    ask("GET", "/nothing", NULL, 401, NULL); /* who is not let in learns of no path */
    ask("POST", "/pair", "{\"code\": \"AAAAAAAA\"}", 401, NULL);
    snprintf(body, sizeof body, "{\"code\": \"%s\"}", code);
    ask("POST", "/pair", body, 200, NULL);
    assert_non_null(strstr(header_of("Set-Cookie"), "HttpOnly"));
    ask("POST", "/pair", body, 401, NULL); /* good once */
    assert_ok(moim_pairing_token(sv.dir, token, &err), err);
    snprintf(bearer, sizeof bearer, "Bearer %s", token);
    with = (struct moim_http_field){"Authorization", bearer};
    ask("GET", "/meetings", NULL, 200, "\"total\":0");
    ask("DELETE", "/pair", NULL, 204, NULL);
    assert_non_null(strstr(header_of("Set-Cookie"), "Max-Age=0"));
}

static void transcription_asks_for_what_it_needs(void **state)
{
    (void)state;
    static const struct {
        const char *form;
        int status;
        const char *part;
    } wrong[] = {{NULL, 415, "multipart"},
                 {"language=ko", 400, "model is missing"},
                 {"model=x&response_format=xml", 400, "response_format"},
                 {"model=x&language=klingon", 400, "language"},
                 {"model=x&response_format=srt&stream=true", 400, "stream"},
                 {"model=whisper&prompt=알파, 베타.;감마&timestamp_granularities[]=word", 501, "is missing"}};
    make_sound();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int status = send_file("POST", "./v1/audio/transcriptions", wrong[i].form, wav);
        if (status != wrong[i].status || !strstr(an.body, wrong[i].part))
            fail_msg("%s: %d %s", wrong[i].form ? wrong[i].form : "no form", status, an.body);
    }
    assert_int_equal(send_file("POST", "./v1/audio/transcriptions", "model=x", NULL), 400);
    long long id = sound_meeting("");
    ask_of("POST", 400, "not_recognised", "{\"count\": 2}", "/meetings/%lld/speakers/find", id);
    ask_of("POST", 400, "count", "{\"count\": 99}", "/meetings/%lld/speakers/find", id);
    ask_of("POST", 404, "no_speaker", "{}", "/meetings/%lld/speakers/1/split", id);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin_routes, end_routes)
    const struct CMUnitTest tests[] = {
        TEST(a_recording_comes_in_as_it_is_wished),
        TEST(what_cannot_come_in_is_refused),
        TEST(every_format_goes_out),
        TEST(sound_is_sent_whole_and_in_parts),
        TEST(the_waveform_shows_what_is_loud),
        TEST(a_meeting_goes_sealed_to_another_device),
        TEST(the_page_is_sent_once),
        TEST(the_page_from_a_folder_leads_nowhere_else),
        TEST(a_recording_is_steered),
        TEST(the_machine_tells_what_it_lacks),
        TEST(models_are_fetched_by_another_program_and_failures_told),
        TEST(a_device_is_let_in_by_its_code),
        TEST(transcription_asks_for_what_it_needs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
