/* The summary in English: what a meeting was about, then its parts in their order, reported by somebody who
 * was there. A small model left alone copies what was said ("We're going to..."); here each sentence begins
 * with who did what, out of a list, so that what follows can only be a report. */
#include "summarize/en/en.h"
#include "summarize/evidence.h"
#include "summarize/findings_int.h"
#include "summarize/minutes_int.h"
#include "summarize/note_style.h"
#include "summarize/word_text.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE 1024
#define PARTS 3
#define PART_TOKENS 700 /* read of each part */
#define WHO_MAX 3       /* speakers of a part that may start a sentence */
#define WHAT 120        /* letters of what they did */
#define NEAR 2          /* turns of the speaker around one that are read with it */
#define NEAR_ANY 3      /* turns of anybody */
#define SAID 0.75       /* share of a phrase's words that must stand there */
#define CLAIMED 0.85    /* and of a statement's */

static const char system_en[] =
    "You were at a meeting and report on a part of it as JSON: who did what (who), and what it was (what), "
    "in a "
    "short phrase of your own, with reasons and numbers. Leave out greetings and small talk.";
static const char example_en[] =
    "Lena: We had 1,200 visitors last week, twice as many as before. The video ad did that.\nMark: But only "
    "one percent bought something. I think the payment page is too complicated. We could cut it down to one "
    "step.\nLena: Okay, let's do that.\n";
static const char answer_en[] =
    "{\"report\":[{\"who\":\"Lena presented\",\"what\":\"the number of visitors, which a video ad had "
    "doubled to 1,200\"},{\"who\":\"Mark suggested\",\"what\":\"a simpler payment page, since only one "
    "percent bought something\"},{\"who\":\"The group decided on\",\"what\":\"the shorter payment page\"}]}";

#define MONOLOGUE 200 /* letters of a turn that presents something */

enum { PRESENTED, SUGGESTED, EXPLAINED, ASKED, VERBS };
#define GROUP 3
static const char *const person[VERBS] = {"presented", "suggested", "explained", "asked about"};
static const char *const group[GROUP] = {"The group discussed", "The group decided on",
                                         "The group agreed on"};
static const char *const alone[GROUP] = {"The talk covered", "The talk dealt with", "The talk explained"};

struct part {
    int a, b; /* turns [a, b) */
};

/* Topics, joined to three parts of about equal length. */
static int divide(const struct moim_job *j, struct part part[PARTS])
{
    int n = 0;
    size_t all = 0, had = 0;
    for (int t = 0; t < j->req->n_turns; t++) all += strlen(j->req->turns[t].text);
    part[0].a = 0;
    for (int k = 0; k < j->n_topics; k++) {
        for (int t = j->first[k]; t < j->first[k + 1]; t++) had += strlen(j->req->turns[t].text);
        bool full = had * PARTS >= all * (size_t)(n + 1) || j->n_topics <= PARTS;
        if (k + 1 < j->n_topics && (!full || n == PARTS - 1)) continue;
        part[n++].b = j->first[k + 1];
        if (n < PARTS) part[n].a = j->first[k + 1];
    }
    return n;
}

/* The most important speakers of the text. */
static int main_speakers(const struct moim_job *j, const bool *take, const char *who[WHO_MAX])
{
    int n = 0;
    double last = 1e30;
    while (n < WHO_MAX) {
        const char *best = NULL;
        double most = 0;
        for (int i = 0; i < j->n_units; i++) {
            const char *s = j->req->turns[j->unit[i].turn].speaker;
            double w = 0;
            bool had = !take[i] || !*s || strlen(s) > 100 || strpbrk(s, "\"\\");
            for (int k = 0; k < n && !had; k++) had = !strcmp(who[k], s);
            for (int k = 0; k < j->n_units && !had; k++)
                if (take[k] && !strcmp(j->req->turns[j->unit[k].turn].speaker, s)) w += j->unit[k].weight;
            if (w > most && w <= last) most = w, best = s;
        }
        if (!best) break;
        who[n++] = best;
    }
    return n;
}

static int put_prefix(struct moim_job *j, struct moim_err *err)
{
    snprintf(j->text, j->cap,
             MOIM_CHAT_SYSTEM "%s %s" MOIM_CHAT_END MOIM_CHAT_USER "%s" MOIM_CHAT_END MOIM_CHAT_ASSISTANT
                              "%s" MOIM_CHAT_END MOIM_CHAT_USER,
             system_en, j->template.instructions, example_en, answer_en);
    return moim_writer_prefix(&j->writer, j->text, err);
}

/* First-person words: a copy, not a report. */
static bool is_speech(const char *s)
{
    static const char *const own[] = {"I",      "I'm", "I'll", "we",    "we're", "we'll", "you",
                                      "you're", "my",  "our",  "let's", "us",    "um",    "uh"};
    for (const char *p = s; *p;) {
        size_t n = strcspn(p, " ,.?!;");
        for (size_t i = 0; i < sizeof own / sizeof *own; i++)
            if (n == strlen(own[i]) && !strncasecmp(p, own[i], n)) return true;
        p += n + strspn(p + n, " ,.?!;");
    }
    return strchr(s, '?') != NULL;
}

/* Without what dangles at its end; what the limit cut off ends at its last comma, or before its last word. */
static size_t whole_phrase(const char *s)
{
    static const char *const loose[] = {"and",  "or", "but", "the",  "a",       "an",    "of", "to",   "for",
                                        "with", "in", "on",  "at",   "by",      "that",  "is", "are",  "was",
                                        "so",   "if", "as",  "from", "because", "which", "it", "they", "be"};
    size_t n = strlen(s);
    if (n >= WHAT) {
        size_t cut = n;
        while (cut > WHAT / 2 && s[cut - 1] != ',') cut--;
        if (cut == WHAT / 2)
            for (cut = n; cut && s[cut - 1] != ' '; cut--) {
            }
        n = cut;
    }
    for (bool again = true; again;) {
        again = false;
        while (n && strchr(" .,;:-", s[n - 1])) n--;
        size_t from = n;
        while (from && s[from - 1] != ' ') from--;
        for (size_t i = 0; i < sizeof loose / sizeof *loose && !again; i++)
            again = n - from == strlen(loose[i]) && !strncasecmp(s + from, loose[i], n - from);
        if (again) n = from;
    }
    return n;
}

/* Of turns [a, b) that `who` says, anybody for NULL, the one that says most of the phrase; -1: none says more than `least`. */
static int said_by(const struct moim_job *j, const struct part *p, const char *who, const char *what,
                   double least)
{
    int best = -1;
    for (int t = p->a; t < p->b; t++) {
        const struct moim_turn_text *u = &j->req->turns[t];
        double c = who && strcmp(u->speaker, who) ? -1 : moim_text_covered(what, u->text);
        if (c > least) least = c, best = t - p->a;
    }
    return best;
}

struct line {
    char text[LINE];
    int evidence[MOIM_EVIDENCE_MAX], n;
    bool worded; /* by the model: not only names of topics */
};

static bool in_words(const char *w, size_t n, const char *const *list)
{
    for (; *list; list++)
        if (strlen(*list) == n && !strncasecmp(w, *list, n)) return true;
    return false;
}

enum form { PHRASE, CLAUSE, DEED };

/* What the model made of "what": a phrase, though a small one also writes "the buttons are round" or "make it
 * round". */
static enum form form_of(const char *s, size_t len)
{
    static const char *const finite[] = {"is",    "are", "was",   "were",   "has",   "have",  "had",  "will",
                                         "would", "can", "could", "should", "looks", "needs", "must", "does",
                                         "do",    "did", "isn't", "it's",   "there", NULL};
    static const char *const joins[] = {"which", "that", "who",   "what",    "how",   "whether",
                                        "if",    "when", "where", "because", "since", "as",
                                        "while", "so",   "but",   NULL};
    static const char *const deed[] = {"make",    "use",   "get",   "give", "go",        "keep",
                                       "put",     "take",  "start", "add",  "find",      "look",
                                       "include", "check", "talk",  "work", "have",      "let",
                                       "do",      "be",    "ask",   "try",  "introduce", NULL};
    bool first = true;
    for (size_t at = 0; at < len;) {
        size_t n = strcspn(s + at, " ,.");
        if (at + n > len) n = len - at;
        if (first && in_words(s + at, n, deed)) return DEED;
        if (in_words(s + at, n, joins)) return PHRASE;
        if (in_words(s + at, n, finite)) return CLAUSE;
        first = first && !n;
        at += n + strspn(s + at + n, " ,.");
    }
    return PHRASE;
}

/* The share of a phrase's words that stand around a turn: in turns of that speaker, of anybody for NULL. */
static double said_near(const struct moim_job *j, const struct part *p, int turn, const char *who, int reach,
                        const char *phrase)
{
    struct moim_turn_text near[2 * NEAR_ANY + 1];
    int n = 0;
    for (int t = turn - reach; t <= turn + reach; t++)
        if (t >= p->a && t < p->b && (!who || !strcmp(j->req->turns[t].speaker, who)))
            near[n++] = j->req->turns[t];
    return moim_words_known(near, n, phrase);
}

/* Whether a sure decision says the phrase. */
static bool is_decided(const struct moim_job *j, const char *phrase)
{
    for (int i = 0; i < j->found.n; i++) {
        const struct moim_finding *f = &j->found.list[i];
        struct moim_turn_text of[MOIM_EVIDENCE_MAX];
        int n = 0;
        if (f->kind != MOIM_FOUND_DECISION || f->doubtful) continue;
        for (int k = 0; k < f->n_turns && n < MOIM_EVIDENCE_MAX; k++) of[n++] = j->req->turns[f->turns[k]];
        if (moim_words_known(of, n, phrase) >= SAID) return true;
    }
    return false;
}

static bool does(const struct moim_job *j, int turn, enum moim_act act)
{
    for (int i = 0; i < j->n_units; i++)
        if (j->unit[i].turn == turn && j->unit[i].cue.act == act) return true;
    return false;
}

/* What a model says that somebody did holds where a turn does it; that they spoke of it always does. */
static const char *true_verb(const struct moim_job *j, int turn, const char *verb)
{
    if (verb == person[PRESENTED] && strlen(j->req->turns[turn].text) >= MONOLOGUE) return verb;
    if (verb == person[SUGGESTED] && does(j, turn, MOIM_ACT_PROPOSE)) return verb;
    if (verb == person[ASKED] && strchr(j->req->turns[turn].text, '?')) return verb;
    return "talked about";
}

/* A statement ("Ann said that ...", "wanted to ...") needs all its words in what one person said, and no "not" on one side only. */
static bool is_claimed(const struct moim_job *j, const struct part *p, int turn, const char *who,
                       const char *phrase)
{
    return moim_en_negated(phrase) == moim_en_negated(j->req->turns[turn].text) &&
           said_near(j, p, turn, who, 0, phrase) >= CLAIMED;
}

/* "Ann suggested the box", "Ann said that the box is round", "The group discussed the box": speaker NULL is
 * the group. */
static int compose(char *text, size_t cap, const char *speaker, const char *verb, const char *what,
                   size_t len)
{
    enum form f = form_of(what, len);
    const char *by = speaker ? speaker : verb == alone[0] ? "The talk" : "The group";
    if (f == PHRASE)
        return snprintf(text, cap, "%s%s%s %.*s.", speaker ? speaker : "", speaker ? " " : "", verb, (int)len,
                        what);
    if (f == CLAUSE)
        return snprintf(text, cap, "%s %s that %.*s.", by, speaker ? "said" : "noted", (int)len, what);
    return snprintf(text, cap, "%s %s to %.*s.", by, speaker ? "wanted" : "planned", (int)len, what);
}

static void join(const struct part *p, const char *text, const int *refs, int n, struct line *line)
{
    snprintf(line->text + strlen(line->text), LINE - strlen(line->text), "%s%s", *line->text ? " " : "",
             text);
    for (int i = 0; i < n; i++) {
        if (!moim_cites(line->evidence, line->n, refs[i] + p->a)) line->evidence[line->n++] = refs[i] + p->a;
    }
}

/* Who is said to have done what, as far as it is true: a speaker who did not say it is the group, which decided nothing that no
 * decision says. false: nobody said it. */
static bool attribute(const struct moim_job *j, const struct part *p, const char **speaker, const char **verb,
                      const char *phrase, int t)
{
    bool claim = form_of(phrase, strlen(phrase)) != PHRASE;
    if (*speaker && t >= 0 &&
        (claim ? is_claimed(j, p, t + p->a, *speaker, phrase)
               : said_near(j, p, t + p->a, *speaker, NEAR, phrase) >= SAID)) {
        *verb = true_verb(j, t + p->a, *verb);
        return true;
    }
    int most = p->a + said_by(j, p, NULL, phrase, -1);
    if (claim || said_near(j, p, most, NULL, NEAR_ANY, phrase) < SAID) return false;
    bool one = *verb == alone[0] || *verb == alone[1] || *verb == alone[2];
    if (*speaker || (!one && !is_decided(j, phrase))) *verb = group[0];
    *speaker = NULL;
    return true;
}

/* t: of the part, that says it; -1: the one that says most. */
static void put_sentence(const struct moim_job *j, const struct part *p, const char *speaker,
                         const char *verb, const char *phrase, int t, struct line *line)
{
    char text[MOIM_NOTE_MAX];
    const struct moim_turn_text *turns = j->req->turns + p->a;
    int refs[MOIM_EVIDENCE_MAX], n = 0, room = MOIM_EVIDENCE_MAX - line->n;
    if (t >= 0) refs[n++] = t;
    if (!moim_evidence_check(turns, p->b - p->a, phrase, refs, &n, room)) return;
    int m = compose(text, sizeof text, speaker, verb, phrase, strlen(phrase));
    if (m < 0 || (size_t)m >= sizeof text || strlen(line->text) + (size_t)m + 2 >= LINE ||
        moim_text_overlap(line->text, text) > 0.6 || moim_said_already(j->out, "summary", text) ||
        !moim_evidence_mend(turns, p->b - p->a, text, p->b - p->a, refs, &n, room))
        return;
    join(p, text, refs, n, line);
}

/* One sentence of the model, if the part supports it. */
static void add_sentence(const struct moim_job *j, const struct part *p, const char *speaker,
                         const char *verb, const char *what, struct line *line)
{
    char phrase[WHAT * 4 + 8];
    what += strspn(what, " ");
    snprintf(phrase, sizeof phrase, "%.*s", (int)whole_phrase(what), what);
    int t = speaker ? said_by(j, p, speaker, phrase, 0.2) : -1;
    /* "The group discussed the plan" after "Ann presented": the model began again. */
    if (strlen(phrase) < 8 || !strncasecmp(phrase, "the group ", 10) || !strncasecmp(phrase, "to ", 3) ||
        is_speech(phrase) || strstr(line->text, phrase) || !attribute(j, p, &speaker, &verb, phrase, t))
        return;
    int had = line->n;
    put_sentence(j, p, speaker, verb, phrase, t, line);
    line->worded = line->worded || line->n > had;
}

static int push_line(struct moim_job *j, struct line *line)
{
    if (!line->n) return MOIM_OK;
    qsort(line->evidence, (size_t)line->n, sizeof *line->evidence, moim_by_int);
    struct moim_minutes_item *it = moim_push_item(j->out, "summary", line->text, line->evidence, line->n);
    if (!it) return MOIM_ENOMEM;
    it->worded = line->worded;
    memset(line, 0, sizeof *line);
    return MOIM_OK;
}

void moim_lower_words(char *s)
{
    for (char *w = s; *w; w++)
        if ((w == s || w[-1] == ' ') && isupper((unsigned char)*w) && islower((unsigned char)w[1]))
            *w = (char)tolower((unsigned char)*w);
}

bool moim_names_only(const struct moim_job *j, const char *topic)
{
    char rest[MOIM_NOTE_MAX];
    bool named = false;
    snprintf(rest, sizeof rest, "%s", topic);
    for (int t = 0; t < j->req->n_turns; t++) {
        const char *who = j->req->turns[t].speaker;
        for (char *p; strlen(who) > 2 && (p = strcasestr(rest, who)); named = true)
            memmove(p, p + strlen(who), strlen(p + strlen(who)) + 1);
    }
    return named && j->talk->vague(rest);
}

/* "The group discussed the budget and the venue.": the part's topics, where too little else could be said. */
static void add_topics(const struct moim_job *j, const struct part *p, bool alone_speaks, struct line *line)
{
    char what[MOIM_NOTE_MAX] = "";
    const struct moim_minutes_item *last = NULL;
    for (int i = 0; i < j->out->n; i++) {
        const struct moim_minutes_item *it = &j->out->items[i];
        if (strcmp(it->kind, "topic") || it->evidence[0] < p->a || it->evidence[0] >= p->b ||
            moim_names_only(j, it->text))
            continue;
        if (last && strlen(what) + strlen(last->text) + 8 < 160 && !strcasestr(it->text, last->text))
            snprintf(what + strlen(what), sizeof what - strlen(what), "%s%s", *what ? ", " : "", last->text);
        last = it;
    }
    if (!last || strlen(last->text) > 160) return;
    snprintf(what + strlen(what), sizeof what - strlen(what), "%s%s", *what ? " and " : "", last->text);
    moim_lower_words(what);
    put_sentence(j, p, NULL, alone_speaks ? alone[0] : group[0], what, -1, line);
}

/* who: the speakers that choices begin with, VERBS each. Each sentence is a line of its own when `apart`. */
static int read_report(struct moim_job *j, const struct part *p, const char *const *who, int n_who,
                       const char *const *choice, bool apart)
{
    struct line line = {0};
    int rc = MOIM_OK;
    cJSON *root = cJSON_Parse(j->json), *o;
    cJSON_ArrayForEach(o, cJSON_GetObjectItem(root, "report"))
    {
        const cJSON *w = cJSON_GetObjectItem(o, "who"), *t = cJSON_GetObjectItem(o, "what");
        if (rc || !cJSON_IsString(w) || !cJSON_IsString(t)) continue;
        for (int i = 0; i < n_who * VERBS + GROUP; i++) {
            if (strcmp(choice[i], w->valuestring)) continue;
            bool one = i < n_who * VERBS;
            add_sentence(j, p, one ? who[i / VERBS] : NULL, one ? person[i % VERBS] : choice[i],
                         t->valuestring, &line);
            break;
        }
        if (apart) rc = push_line(j, &line);
    }
    cJSON_Delete(root);
    int sentences = 0;
    for (const char *s = line.text; (s = strchr(s, '.')); s++) sentences += !s[1] || s[1] == ' ';
    if (!apart && sentences < 2) add_topics(j, p, n_who < 2, &line);
    return rc ? rc : push_line(j, &line);
}

static int write_part(struct moim_job *j, const struct part *p, bool apart, bool *take, struct moim_err *err)
{
    char text[WHO_MAX * VERBS][160], pattern[512] = "{\"report\":[";
    const char *choice[WHO_MAX * VERBS + GROUP], *who[WHO_MAX] = {0};
    int n = 0;
    moim_units_choose(j, p->a, p->b, PART_TOKENS, 1000, take);
    int n_who = main_speakers(j, take, who), rc = moim_print_units(j, p->a, p->b, take);
    if (rc) return moim_fail(err, rc, "minutes: a part is longer than the model can read");
    for (int i = 0; i < n_who; i++, n += VERBS) {
        for (int k = 0; k < VERBS; k++) {
            snprintf(text[n + k], sizeof *text, "%s %s", who[i], person[k]);
            choice[n + k] = text[n + k];
        }
        snprintf(pattern + strlen(pattern), sizeof pattern - strlen(pattern),
                 "{\"who\":%%e%d-%d,\"what\":%%s%d},", n, n + VERBS - 1, WHAT);
    }
    for (int k = 0; k < GROUP; k++) choice[n + k] = n_who > 1 ? group[k] : alone[k];
    snprintf(pattern + strlen(pattern), sizeof pattern - strlen(pattern),
             "{\"who\":%%e%d-%d,\"what\":%%s%d}]}", n, n + GROUP - 1, WHAT);
    rc = moim_ask_model(j, pattern, 1, choice, n + GROUP, err);
    if (!rc && (rc = read_report(j, p, who, n_who, choice, apart)))
        moim_fail(err, rc, "minutes: out of memory");
    return rc;
}

int moim_write_summary_en(struct moim_job *j, struct moim_err *err)
{
    struct part part[PARTS];
    int n = divide(j, part);
    bool *take = calloc((size_t)j->n_units + 1, sizeof *take);
    if (!take) return moim_fail(err, MOIM_ENOMEM, "minutes: out of memory");
    int rc = put_prefix(j, err);
    for (int i = 0; i < n && !rc; i++) rc = write_part(j, &part[i], n == 1, take, err);
    free(take);
    return rc;
}

/* "The meeting was about ..." before the first line of the summary, when the transcript knows its words. */
int moim_add_about(struct moim_job *j, const char *about)
{
    char text[2048], phrase[256];
    int check[MOIM_EVIDENCE_MAX], n = 0, i = 0;
    static const char *const lead[] = {
        "the meeting was about", "the group", "the team",         "discussed", "discussing",
        "talked about",          "about",     "the discussion of"};
    for (size_t k = 0; k < sizeof lead / sizeof *lead; k++) {
        about += strspn(about, " ");
        if (!strncasecmp(about, lead[k], strlen(lead[k])) && about[strlen(lead[k])] == ' ')
            about += strlen(lead[k]) + 1;
    }
    const char *stop = strstr(about, ". "); /* one sentence of it */
    snprintf(phrase, sizeof phrase, "%.*s", (int)(stop ? (size_t)(stop - about) : strlen(about)), about);
    if (strchr(phrase, ' ') && isupper((unsigned char)strchr(phrase, ' ')[1]))
        moim_lower_words(phrase); /* written like a title */
    else if (isupper((unsigned char)*phrase) && islower((unsigned char)phrase[1]))
        *phrase = (char)tolower((unsigned char)*phrase);
    about = phrase;
    size_t len = strlen(about);
    while (i < j->out->n && !!strcmp(j->out->items[i].kind, "summary")) i++;
    while (len && strchr(" .,;:", about[len - 1])) len--;
    snprintf(text, sizeof text, "%.*s", (int)len, about);
    if (i == j->out->n || len < 8 || moim_words_known(j->req->turns, j->req->n_turns, text) < SAID ||
        !moim_evidence_check(j->req->turns, j->req->n_turns, text, check, &n, MOIM_EVIDENCE_MAX))
        return MOIM_OK;
    struct moim_minutes_item *it = &j->out->items[i];
    snprintf(text, sizeof text, "The meeting was about %.*s. %s", (int)len, about, it->text);
    n = it->n_evidence;
    if (n > MOIM_EVIDENCE_MAX) return MOIM_OK;
    memcpy(check, it->evidence, sizeof *check * (size_t)n);
    if (!moim_evidence_mend(j->req->turns, j->req->n_turns, text, j->req->n_turns, check, &n,
                            MOIM_EVIDENCE_MAX))
        return MOIM_OK;
    char *copy = strdup(text);
    int *refs = malloc(sizeof *refs * (size_t)n);
    if (!copy || !refs) {
        free(copy);
        free(refs);
        return MOIM_ENOMEM;
    }
    memcpy(refs, check, sizeof *refs * (size_t)n);
    free(it->text);
    free(it->evidence);
    it->text = copy, it->evidence = refs, it->n_evidence = n;
    return MOIM_OK;
}
