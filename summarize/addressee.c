/* Who is meant: names as Koreans and English speakers call each other. */
#include "summarize/note_style.h"
#include "summarize/word_text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* What may follow a name that is given something to do; 한테 and 에게 would make it who receives. */
static size_t particle(const char *p)
{
    static const char *const list[] = {
        " 씨께서",   " 선생님이", " 선생님께서", " 선생님은", " 선생님,", " 팀장님이", " 매니저님이",
        " 프로님이", " 씨가",     " 씨는",       " 씨,",      " 씨도",    " 님께서",   " 님이",
        " 님은",     " 님,",      " 님도",       "님께서",    "님이",     "님은",      "님,",
        "님도",      "께서",      "씨가",        "씨는",      "씨,",      "씨도",      "이가",
        "이는",      "이",        "가",          "은",        "는",       "야",        "아",
        ",",         "도",        NULL};
    for (int i = 0; list[i]; i++) {
        size_t n = strlen(list[i]);
        if (!strncmp(p, list[i], n) && (!p[n] || p[n] == ' ' || p[n] == ',' || list[i][n - 1] == ','))
            return n;
    }
    /* "아들 너는": the name and "you". */
    if (!strncmp(p, " 너는 ", 8) || !strncmp(p, " 너 ", 5) || !strncmp(p, " 네가 ", 8)) return 4;
    /* "수빈 씨 이거", "팀장님 확인해 주세요": a title alone before a blank. */
    if (!strncmp(p, " 씨 ", 5) || !strncmp(p, " 님 ", 5)) return 4;
    if (!strncmp(p, "님 ", 4)) return 3;
    return 0;
}

static bool at_word_start(const char *s, const char *p)
{
    return p == s || p[-1] == ' ' || p[-1] == ',';
}

/* "임 과장이" calls another than 서 과장: a title behind a name of one syllable. */
static bool after_surname(const char *s, const char *p)
{
    const char *name = p - 4;
    return p - s >= 4 && p[-1] == ' ' && moim_hangul_at(name) &&
           (name == s || name[-1] == ' ' || name[-1] == ',');
}

/* The ways a label may be said: all of it, without its blank, its last word, a given name, a title. */
static int variants(const char *label, char v[6][96])
{
    int n = 0;
    size_t len = strlen(label);
    if (len >= 96) return 0;
    strcpy(v[n++], label);
    const char *space = strrchr(label, ' ');
    if (space && moim_hangul_at(space + 1)) {
        snprintf(v[n++], 96, "%.*s%s", (int)(space - label), label, space + 1);
        snprintf(v[n++], 96, "%s", space + 1);
        if (space - label >= 6) snprintf(v[n++], 96, "%.*s", (int)(space - label), label);
    } else if (space) {
        snprintf(v[n++], 96, "%.*s", (int)(space - label), label); /* "Mary Smith" is called Mary */
    } else if (moim_hangul_at(label) && len == 9) {
        snprintf(v[n++], 96, "%s", label + 3);
    } else if (moim_hangul_at(label) && len >= 12) {
        snprintf(v[n++], 96, "%s", label + len - 6); /* 생산과장 is called 과장님 */
    }
    size_t m = strlen(label);
    if (m > 3 && !strcmp(label + m - 3, "님")) snprintf(v[n++], 96, "%.*s", (int)(m - 3), label);
    return n;
}

static bool find_label(const char *s, const char *label, size_t *from, size_t *to)
{
    char v[6][96];
    int n = variants(label, v);
    for (int i = 0; i < n; i++) {
        if (strlen(v[i]) < 3) continue;
        bool title = i && strrchr(label, ' ') && !strcmp(v[i], strrchr(label, ' ') + 1);
        for (const char *p = s; (p = strcasestr(p, v[i])); p++) {
            if (!at_word_start(s, p) || (title && after_surname(s, p))) continue;
            const char *end = p + strlen(v[i]);
            size_t more = moim_hangul_at(v[i]) || *end == ' ' ? particle(end) : 0;
            bool latin = !moim_hangul_at(v[i]) &&
                         (*end == ',' || (p == s && *end == ' ') || (*end == ' ' && p[-1] == ','));
            if (!more && !latin) continue;
            *from = (size_t)(p - s);
            *to = (size_t)(end + more - s);
            if (s[*to] == ',') ++*to;
            return true;
        }
    }
    return false;
}

/* "민수 씨가", "박 대리님이": a person who is not among the speakers. */
static bool find_stranger(const char *s, char *out, size_t cap, size_t *from, size_t *to)
{
    static const char *const title[] = {" 씨",   " 님",   " 대리", " 과장",   " 차장", " 부장",
                                        " 팀장", " 사원", " 주임", " 선생님", NULL};
    for (int i = 0; title[i]; i++)
        for (const char *p = s; (p = strstr(p, title[i])); p++) {
            const char *name = p, *end = p + strlen(title[i]);
            while (name > s && name[-1] != ' ') name--;
            if (!strncmp(end, "님", 3)) end += 3;
            size_t more = *end == ',' ? 1
                          : !strncmp(end, "이 ", 4) || !strncmp(end, "가 ", 4) || !strncmp(end, "은 ", 4) ||
                                  !strncmp(end, "는 ", 4)
                              ? 3
                          : !strncmp(end, "께서 ", 7) ? 6
                                                      : 0;
            if (!more || p - name < 3 || p - name > 12 || !moim_hangul_at(name)) continue;
            snprintf(out, cap, "%.*s", (int)(end - name), name);
            *from = (size_t)(name - s);
            *to = (size_t)(end + more - s);
            return true;
        }
    return false;
}

/* Resolves "임 과장" to 임태수 if no other speaker is named 임; -1 none. */
static int by_surname(const char *called, const char *const *label, int n, int speaker)
{
    int who = -1;
    if (strlen(called) < 5 || called[3] != ' ') return -1;
    for (int i = 0; i < n; i++) {
        bool name = moim_hangul_at(label[i]) && strlen(label[i]) == 9 && !memcmp(label[i], called, 3);
        if (!name || i == speaker) continue;
        if (who >= 0) return -1;
        who = i;
    }
    return who;
}

bool moim_note_addressee(const char *sentence, const char *const *label, int n, int speaker, char *out,
                         size_t cap, size_t *from, size_t *to)
{
    size_t a, b, best = (size_t)-1;
    for (int i = 0; i < n; i++) {
        if (i == speaker || !find_label(sentence, label[i], &a, &b) || a >= best) continue;
        best = *from = a;
        *to = b;
        snprintf(out, cap, "%s", label[i]);
    }
    if (best != (size_t)-1) return true;
    if (!find_stranger(sentence, out, cap, from, to)) return false;
    int who = by_surname(out, label, n, speaker);
    if (who >= 0) snprintf(out, cap, "%s", label[who]);
    return true;
}
