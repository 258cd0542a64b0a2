#include "summarize/template.h"
#include "summarize/language.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Names, sections and weights; the texts are the language's (summarize/language.h), in this order. */
static const struct {
    const char *name;
    bool who;
    unsigned sections;
    double propose, ask, tell, defer, promise;
} known[MOIM_TEMPLATES] = {
    {"plain", false, MOIM_SEC_ALL, 1, 1, 1, 1, 1},
    {"weekly", false, MOIM_SEC_ALL, 1, 0.6, 1.3, 1.3, 1.3},
    {"one-on-one", true, MOIM_SEC_ALL & ~MOIM_SEC_TOPICS, 1, 1, 1.2, 1, 1},
    {"interview", true, MOIM_SEC_SUMMARY | MOIM_SEC_TOPICS | MOIM_SEC_POINTS | MOIM_SEC_QUESTIONS, 1, 1.6,
     1.3, 1, 0.6},
    {"lecture", false, MOIM_SEC_SUMMARY | MOIM_SEC_TOPICS | MOIM_SEC_POINTS | MOIM_SEC_QUESTIONS, 0.8, 0.8,
     1.4, 1, 0.5},
    {"brainstorming", true, MOIM_SEC_ALL, 2.5, 0.8, 1, 1, 0.8},
};

static void put_tags(struct moim_template *t, const char *list)
{
    t->n_tags = 0;
    while (*list && t->n_tags < MOIM_TAGS_MAX) {
        while (*list == ' ' || *list == ',') list++;
        size_t n = strcspn(list, ",\n"), k = n;
        while (k && (list[k - 1] == ' ' || list[k - 1] == '\r')) k--;
        if (k && k < sizeof t->tag[0]) snprintf(t->tag[t->n_tags++], sizeof t->tag[0], "%.*s", (int)k, list);
        list += n;
        if (*list == '\n') break;
    }
}

static void plain_weights(struct moim_template *t)
{
    for (int i = 0; i < MOIM_ACT_COUNT; i++) t->weight[i] = 1;
    t->weight[MOIM_ACT_ACCEPT] = t->weight[MOIM_ACT_SO] = 0.2;
}

bool moim_template_named(struct moim_template *t, const char *name, const char *language)
{
    const struct moim_language *lang = moim_language_get(language);
    memset(t, 0, sizeof *t);
    plain_weights(t);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].name, name ? name : "plain")) continue;
        snprintf(t->instructions, sizeof t->instructions, "%s", lang->template_text[i]);
        put_tags(t, lang->template_tags[i]);
        t->who = known[i].who;
        t->sections = known[i].sections;
        t->weight[MOIM_ACT_PROPOSE] = known[i].propose;
        t->weight[MOIM_ACT_ASK] = known[i].ask;
        t->weight[MOIM_ACT_TELL] = known[i].tell;
        t->weight[MOIM_ACT_DEFER] = known[i].defer;
        t->weight[MOIM_ACT_PROMISE] = t->weight[MOIM_ACT_REQUEST] = known[i].promise;
        return true;
    }
    return false;
}

static const char *after(const char *line, const char *en, const char *ko)
{
    size_t n = strlen(en), m = strlen(ko);
    if (!strncasecmp(line, en, n)) return line + n;
    return !strncmp(line, ko, m) ? line + m : NULL;
}

static int put_sections(struct moim_template *t, const char *list, struct moim_err *err)
{
    static const struct {
        const char *en, *ko;
        unsigned bit;
    } name[] = {{"summary", "요약", MOIM_SEC_SUMMARY},         {"topics", "주제", MOIM_SEC_TOPICS},
                {"points", "주요 내용", MOIM_SEC_POINTS},      {"decisions", "결정", MOIM_SEC_DECISIONS},
                {"actions", "할 일", MOIM_SEC_ACTIONS},        {"questions", "미해결", MOIM_SEC_QUESTIONS},
                {"suggestions", "제안", MOIM_SEC_SUGGESTIONS}, {"to confirm", "확인 필요", MOIM_SEC_CONFIRM}};
    t->sections = 0;
    while (*list && *list != '\n') {
        while (*list == ' ' || *list == ',' || *list == '\r') list++;
        size_t n = strcspn(list, ",\r\n");
        bool found = !n;
        for (size_t i = 0; i < sizeof name / sizeof *name && n; i++)
            if (!strncasecmp(list, name[i].en, strlen(name[i].en)) ||
                !strncmp(list, name[i].ko, strlen(name[i].ko))) {
                t->sections |= name[i].bit;
                found = true;
            }
        if (!found)
            return moim_fail(err, MOIM_EINVAL, "template: '%.*s' is no section", (int)(n > 40 ? 40 : n),
                             list);
        list += n;
    }
    /* A doubtful decision is listed under "to confirm", which belongs to the decisions. */
    if (t->sections & (MOIM_SEC_DECISIONS | MOIM_SEC_ACTIONS | MOIM_SEC_QUESTIONS))
        t->sections |= MOIM_SEC_CONFIRM;
    return t->sections ? MOIM_OK : moim_fail(err, MOIM_EINVAL, "template: no section is named");
}

int moim_template_parse(struct moim_template *t, const char *text, struct moim_err *err)
{
    memset(t, 0, sizeof *t);
    plain_weights(t);
    t->sections = MOIM_SEC_ALL;
    bool any = false;
    size_t at = 0;
    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\n");
        const char *rest;
        int rc = MOIM_OK;
        any = any || strspn(line, " \t\r\n") < n;
        if ((rest = after(line, "tags:", "분류:")))
            put_tags(t, rest);
        else if ((rest = after(line, "sections:", "구성:")))
            rc = put_sections(t, rest, err);
        else if ((rest = after(line, "speakers:", "발언자:")))
            t->who = strspn(rest, " \t") < strcspn(rest, "\n") && !strstr(rest, "no");
        else if (at + n + 2 < sizeof t->instructions)
            at += (size_t)snprintf(t->instructions + at, sizeof t->instructions - at, "%.*s ", (int)n, line);
        else
            rc = moim_fail(err, MOIM_EINVAL, "template: more than %zu bytes of instructions",
                           sizeof t->instructions);
        if (rc) return rc;
        line += n + (line[n] == '\n');
    }
    return any ? MOIM_OK : moim_fail(err, MOIM_EINVAL, "template: the file is empty");
}
