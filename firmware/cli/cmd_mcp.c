/* moim mcp: the store for assistants, by the Model Context Protocol (JSON-RPC 2.0, one message a line, over
 * standard input and output). The tools are read-only: list, search, show, minutes, ask. Their output goes to
 * the calling process only. */
#include "base/json.h"
#include "base/text.h"
#include "firmware/cli/commands.h"
#include "firmware/cli/reply_json.h"
#include "firmware/library/meeting_document.h"
#include "firmware/pipeline/ask.h"
#include "firmware/pipeline/semantic_index.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#define PROTOCOL "2025-06-18"
#define LINE_MAX_BYTES (1 << 20)

struct bridge {
    struct moim_cli *cli;
    struct moim_store *s;
    struct moim_engine *e; /* loaded on first use */
};

/* A tool's text, malloc'ed, or NULL with err filled. */
typedef char *tool(struct bridge *b, const cJSON *args, struct moim_err *err);

static char *out_of_memory(struct moim_err *err)
{
    moim_fail(err, MOIM_ENOMEM, "out of memory");
    return NULL;
}

static struct moim_engine *engine(struct bridge *b)
{
    struct moim_err ignored;
    if (!b->e) moim_engine_new(&b->e, b->cli->threads, &ignored);
    return b->e;
}

static int number(const cJSON *args, const char *key, int fallback, struct moim_err *err)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(args, key);
    if (!v && fallback) return fallback;
    if (v && cJSON_IsNumber(v) && v->valuedouble >= 1 && v->valuedouble <= 1e9) return v->valueint;
    moim_fail(err, MOIM_EINVAL, "%s: must be a whole number of at least 1", key);
    return 0;
}

static const char *text(const cJSON *args, const char *key, struct moim_err *err)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(args, key);
    if (cJSON_IsString(v) && *v->valuestring) return v->valuestring;
    moim_fail(err, MOIM_EINVAL, "%s: must be text", key);
    return NULL;
}

static char *print(cJSON *json, struct moim_err *err)
{
    char *s = moim_json_text(json, false);
    cJSON_Delete(json);
    return s ? s : out_of_memory(err);
}

static char *tool_list(struct bridge *b, const cJSON *args, struct moim_err *err)
{
    struct moim_meeting *list;
    int n, limit = number(args, "limit", 50, err);
    if (!limit || moim_meeting_list(b->s, &list, &n, err)) return NULL;
    cJSON *all = cJSON_CreateArray();
    for (int i = 0; i < n && cJSON_GetArraySize(all) < limit; i++)
        if (!list[i].trashed_at) moim_json_append(all, moim_meeting_json(&list[i]));
    moim_meeting_list_free(list, n);
    return print(all, err);
}

static char *tool_search(struct bridge *b, const cJSON *args, struct moim_err *err)
{
    struct moim_search_query q = {.text = text(args, "query", err), .limit = number(args, "limit", 20, err)};
    struct moim_hit *hits;
    int n;
    if (!q.text || !q.limit || moim_find(engine(b), b->s, &q, &hits, &n, err)) return NULL;
    cJSON *all = cJSON_CreateArray();
    for (int i = 0; i < n; i++) moim_json_append(all, moim_hit_json(&hits[i], q.text));
    moim_hits_free(hits, n);
    return print(all, err);
}

static char *tool_show(struct bridge *b, const cJSON *args, struct moim_err *err)
{
    struct moim_whole w;
    char *out = NULL;
    size_t n;
    int id = number(args, "meeting", 0, err);
    if (!id || moim_whole_load(b->s, id, &w, err)) return NULL;
    FILE *f = open_memstream(&out, &n);
    w.doc.lines_only = true;
    int rc = f ? moim_export(f, MOIM_TXT, &w.doc, err) : MOIM_ENOMEM;
    bool whole = f && moim_stream_end(f, &out);
    moim_whole_free(&w);
    if (!rc && whole) return out;
    free(out);
    return rc && f ? NULL : out_of_memory(err);
}

static char *tool_minutes(struct bridge *b, const cJSON *args, struct moim_err *err)
{
    struct moim_item *items;
    int n, id = number(args, "meeting", 0, err);
    if (!id || moim_minutes_get(b->s, id, &items, &n, err)) return NULL;
    cJSON *o = n ? moim_minutes_json(items, n) : NULL;
    moim_items_free(items, n);
    if (o) return print(o, err);
    moim_fail(err, MOIM_ENOENT, "meeting %d has no minutes, or is not there", id);
    return NULL;
}

static char *tool_ask(struct bridge *b, const cJSON *args, struct moim_err *err)
{
    struct moim_reply r;
    const char *question = text(args, "question", err);
    if (!question) return NULL;
    if (!engine(b)) {
        moim_fail(err, MOIM_EUNSUP, "no models can be loaded");
        return NULL;
    }
    if (moim_ask(b->e, b->s, question, &(struct moim_ask_filter){0}, &r, err)) return NULL;
    cJSON *o = moim_reply_json(&r, r.text);
    moim_reply_clear(&r);
    return print(o, err);
}

static const struct {
    const char *name, *about, *argument, *kind; /* argument NULL: none is needed */
    tool *run;
} tools[] = {
    {"list", "The meetings, newest first", NULL, NULL, tool_list},
    {"search", "Find words, or what means the like, in transcripts and minutes", "query", "string",
     tool_search},
    {"show", "A meeting's transcript with times and speakers", "meeting", "integer", tool_show},
    {"minutes", "A meeting's minutes: summary, decisions, action items, each with evidence", "meeting",
     "integer", tool_minutes},
    {"ask", "Answer a question from the meetings, with citations", "question", "string", tool_ask},
};
#define N_TOOLS (sizeof tools / sizeof *tools)

/* ---- JSON-RPC ---- */

static void send_line(cJSON *message)
{
    char *line = moim_json_text(message, false);
    cJSON_Delete(message);
    puts(line
             ? line
             : "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32603,\"message\":\"out of memory\"}}");
    fflush(stdout);
    free(line);
}

static cJSON *envelope(const cJSON *id)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "jsonrpc", "2.0");
    moim_json_set(o, "id", id ? cJSON_Duplicate(id, 1) : cJSON_CreateNull());
    return o;
}

static void send_error(const cJSON *id, int code, const char *why)
{
    cJSON *o = envelope(id), *e = cJSON_AddObjectToObject(o, "error");
    cJSON_AddNumberToObject(e, "code", code);
    cJSON_AddStringToObject(e, "message", why);
    send_line(o);
}

static void initialize(const cJSON *id, const cJSON *params)
{
    const cJSON *asked = cJSON_GetObjectItemCaseSensitive(params, "protocolVersion");
    cJSON *o = envelope(id), *r = cJSON_AddObjectToObject(o, "result");
    bool known = cJSON_IsString(asked) &&
                 (!strcmp(asked->valuestring, "2024-11-05") || !strcmp(asked->valuestring, "2025-03-26"));
    cJSON_AddStringToObject(r, "protocolVersion", known ? asked->valuestring : PROTOCOL);
    cJSON_AddObjectToObject(cJSON_AddObjectToObject(r, "capabilities"), "tools");
    cJSON *info = cJSON_AddObjectToObject(r, "serverInfo");
    cJSON_AddStringToObject(info, "name", "moim");
    cJSON_AddStringToObject(info, "version", MOIM_VERSION);
    send_line(o);
}

static void list_tools(const cJSON *id)
{
    cJSON *o = envelope(id), *list = cJSON_AddArrayToObject(cJSON_AddObjectToObject(o, "result"), "tools");
    for (size_t i = 0; i < N_TOOLS; i++) {
        cJSON *t = cJSON_CreateObject(), *schema, *p;
        cJSON_AddStringToObject(t, "name", tools[i].name);
        cJSON_AddStringToObject(t, "description", tools[i].about);
        schema = cJSON_AddObjectToObject(t, "inputSchema");
        cJSON_AddStringToObject(schema, "type", "object");
        p = cJSON_AddObjectToObject(schema, "properties");
        if (tools[i].argument) {
            cJSON_AddStringToObject(cJSON_AddObjectToObject(p, tools[i].argument), "type", tools[i].kind);
            moim_json_append(cJSON_AddArrayToObject(schema, "required"),
                             cJSON_CreateString(tools[i].argument));
        }
        if (i < 2) cJSON_AddStringToObject(cJSON_AddObjectToObject(p, "limit"), "type", "integer");
        moim_json_append(list, t);
    }
    send_line(o);
}

/* Close the store between calls: others need it, and the next call may succeed. */
static void release_blocked(struct bridge *b)
{
    if (!b->s || !moim_store_hindered(b->s)) return;
    moim_store_close(b->s);
    b->s = NULL;
}

static void call_tool(struct bridge *b, const cJSON *id, const cJSON *params)
{
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(params, "name");
    struct moim_err err = {0};
    size_t i = 0;
    while (i < N_TOOLS && !(cJSON_IsString(name) && !strcmp(name->valuestring, tools[i].name))) i++;
    if (i == N_TOOLS) {
        send_error(id, -32602, "no such tool");
        return;
    }
    char *out = NULL;
    if (b->s || !moim_store_open(&b->s, b->cli->db, &err))
        out = tools[i].run(b, cJSON_GetObjectItemCaseSensitive(params, "arguments"), &err);
    release_blocked(b);
    cJSON *o = envelope(id), *r = cJSON_AddObjectToObject(o, "result"), *c = cJSON_CreateObject();
    cJSON_AddStringToObject(c, "type", "text");
    cJSON_AddStringToObject(c, "text", out ? out : err.msg);
    moim_json_append(cJSON_AddArrayToObject(r, "content"), c);
    cJSON_AddBoolToObject(r, "isError", !out);
    free(out);
    send_line(o);
}

static void pong(const cJSON *id)
{
    cJSON *o = envelope(id);
    cJSON_AddObjectToObject(o, "result");
    send_line(o);
}

static void answer(struct bridge *b, const char *line)
{
    cJSON *m = cJSON_Parse(line);
    const cJSON *method = cJSON_GetObjectItemCaseSensitive(m, "method"),
                *id = cJSON_GetObjectItemCaseSensitive(m, "id");
    const cJSON *params = cJSON_GetObjectItemCaseSensitive(m, "params");
    const char *what = cJSON_IsString(method) ? method->valuestring : "";
    if (!cJSON_IsObject(m))
        send_error(NULL, -32700, "not a JSON object");
    else if (!id)
        ; /* a notification wants no answer */
    else if (!strcmp(what, "initialize"))
        initialize(id, params);
    else if (!strcmp(what, "tools/list"))
        list_tools(id);
    else if (!strcmp(what, "tools/call"))
        call_tool(b, id, params);
    else if (!strcmp(what, "ping"))
        pong(id);
    else
        send_error(id, -32601, "no such method");
    cJSON_Delete(m);
}

static int run_mcp(struct moim_cli *cli, int argc, char **argv)
{
    int n = moim_cli_args(cli, NULL, 0, argc, argv, 0, 0);
    if (n < 0) return n;
    struct bridge b = {.cli = cli};
    int rc = moim_store_open(&b.s, cli->db, &cli->err);
    if (rc) return rc;
    release_blocked(&b);
    char *line = NULL;
    size_t room = 0;
    for (ssize_t len; (len = getline(&line, &room, stdin)) > 0;) {
        line[strcspn(line, "\r\n")] = 0;
        if (len > LINE_MAX_BYTES)
            send_error(NULL, -32600, "the message is too long");
        else if (*line)
            answer(&b, line);
    }
    free(line);
    moim_engine_free(b.e);
    moim_store_close(b.s);
    return MOIM_OK;
}

const struct moim_command moim_command_mcp = {
    "mcp", "", "list, search, show, minutes and ask for an assistant (Model Context Protocol over stdio)",
    "Looks only. What it tells goes to whoever runs it, and nowhere else.", run_mcp};
