#include "summarize/cues.h"
#include "summarize/word_text.h"

#include <ctype.h>
#include <string.h>

#define SENTENCE_MAX 1024

/* Lower case, punctuation but ' gone, single blanks, one at each end: " i'll do it " is found as " i'll ". */
static bool plain(const char *s, char *out)
{
    bool asked = false;
    size_t n = 0;
    out[n++] = ' ';
    for (; *s && n + 2 < SENTENCE_MAX; s++) {
        if (*s == '?') asked = true;
        bool keep = isalnum((unsigned char)*s) || *s == '\'' || (*s & 0x80);
        if (keep)
            out[n++] = (char)tolower((unsigned char)*s);
        else if (*s == ' ' && s[1] == '\'') /* "I 'll", as some transcripts write it */
            continue;
        else if (out[n - 1] != ' ')
            out[n++] = ' ';
    }
    if (out[n - 1] != ' ') out[n++] = ' ';
    out[n] = 0;
    return asked;
}

/* "ill", "lets", "dont" as recognisers write them, with their apostrophe again. In place; s has room for
 * SENTENCE_MAX. */
static void restore_apostrophes(char *s)
{
    static const char *const pair[][2] = {{" ill ", " i'll "},
                                          {" im ", " i'm "},
                                          {" ive ", " i've "},
                                          {" lets ", " let's "},
                                          {" dont ", " don't "},
                                          {" cant ", " can't "},
                                          {" wont ", " won't "},
                                          {" thats ", " that's "},
                                          {" weve ", " we've "},
                                          {" youre ", " you're "},
                                          {" youll ", " you'll "},
                                          {" well go ", " we'll go "},
                                          {" well use ", " we'll use "},
                                          {" well keep ", " we'll keep "},
                                          {" havent ", " haven't "},
                                          {" hasnt ", " hasn't "},
                                          {" doesnt ", " doesn't "},
                                          {" didnt ", " didn't "},
                                          {" isnt ", " isn't "},
                                          {" whats ", " what's "},
                                          {" wouldnt ", " wouldn't "},
                                          {" couldnt ", " couldn't "},
                                          {" its settled ", " it's settled "}};
    for (size_t i = 0; i < sizeof pair / sizeof *pair; i++)
        for (char *p = s; (p = strstr(p, pair[i][0])); p++) {
            size_t n = strlen(pair[i][0]), all = strlen(s);
            if (all + 2 > SENTENCE_MAX) return;
            memmove(p + n + 1, p + n, (size_t)(s + all - p) - n + 1);
            memcpy(p, pair[i][1], n + 1);
        }
}

static const char *find_any(const char *s, const char *const *list)
{
    for (; *list; list++) {
        const char *p = strstr(s, *list);
        if (p) return p + strlen(*list);
    }
    return NULL;
}

static int words(const char *s)
{
    int n = -1;
    for (; *s; s++) n += *s == ' ';
    return n;
}

static const char *const i_will[] = {" i'll ",    " i will ", " i'm going to ", " i am going to ", " let me ",
                                     " i shall ", NULL};
/* Continuations of "I'll" and "let's" that promise or decide nothing. */
static const char *const chat[] = {"see ",      "think ",    "just say ",    "say ",
                                   "start ",    "go over ",  "go through ",  "show ",
                                   "talk ",     "move on ",  "be honest ",   "tell you ",
                                   "admit ",    "look at ",  "take a look ", "have a look ",
                                   "go ahead ", "begin ",    "discuss ",     "get started ",
                                   "leave ",    "wait ",     "hear ",        "go back ",
                                   "have to ",  "need to ",  "be back ",     "explain ",
                                   "finish ",   "stop ",     "not ",         "go to the ",
                                   "go on ",    "continue ", "read ",        "give you a ",
                                   "be able ",  "assume ",   "suppose ",     "pretend ",
                                   "guess ",    "agree ",    "call it a",    "try and explain ",
                                   "bring up ", "pass ",     "get back to ", "do it quickly ",
                                   NULL};
static const char *const able[] = {" i can ", " i could ", NULL};
static const char *const please_asked[] = {" can you ",  " could you ",       " would you ",
                                           " will you ", " can we have you ", NULL};
static const char *const please[] = {
    " please ",          " i want you to ", " i'd like you to ", " i need you to ",
    " you're going to ", " make sure ",     " your task ",       NULL};
static const char *const settled[] = {
    " we've decided ",     " we decided ",   " we have decided ", " we've agreed ",   " we agreed ",
    " we have agreed ",    " decided then ", " the decision is ", " we'll go with ",  " we will go with ",
    " we're going with ",  " it's settled ", " that's settled ",  " so we keep ",     " so we are going to ",
    " so we're going to ", " so we'll ",     " then we'll ",      " we'll keep ",     " we will keep ",
    " we'll use ",         " we will use ",  " we settle on ",    " final decision ", NULL};
static const char *const not_settled[] = {" haven't decided ", " not decided ",     " if we decided ",
                                          " have we decided ", " until we decide ", NULL};
static const char *const told[] = {" last time ",  " last week ",   " last meeting ",
                                   " previously ", " in the past ", NULL};
static const char *const lets[] = {" let's ", " let us ", NULL};
static const char *const propose[] = {" what if ",
                                      " how about ",
                                      " why don't we ",
                                      " shall we ",
                                      " should we ",
                                      " maybe we should ",
                                      " maybe we could ",
                                      " i suggest ",
                                      " i propose ",
                                      " i'd suggest ",
                                      " i'd propose ",
                                      " i recommend ",
                                      " i would suggest ",
                                      " we could ",
                                      " what about ",
                                      " i'd go with ",
                                      " i'd drop ",
                                      " i'd prefer ",
                                      " wouldn't it be better ",
                                      NULL};
static const char *const yes[] = {
    " okay ",      " ok ",         " sure ",        " agreed ",  " yes ",        " yeah ",
    " good idea ", " fine ",       " sounds good ", " will do ", " i agree ",    " alright ",
    " all right ", " right ",      " great ",       " perfect ", " that works ", " good ",
    " exactly ",   " definitely ", " of course ",   NULL};
static const char *const no[] = {
    " i can't ", " i cannot ", " not possible ", " won't be able ", " i won't ", " that's too early ", NULL};
static const char *const put_off[] = {" not yet ",
                                      " don't know yet ",
                                      " leave that open ",
                                      " leave it open ",
                                      " no idea ",
                                      " have to see ",
                                      " we'll see ",
                                      " to be decided ",
                                      " undecided ",
                                      " hasn't answered ",
                                      " haven't decided ",
                                      " not sure yet ",
                                      " come back to that ",
                                      " come back to this ",
                                      " ask around ",
                                      " still open ",
                                      " open question ",
                                      " don't know whether ",
                                      " need to find out ",
                                      " have to find out ",
                                      " remains to be seen ",
                                      " decide later ",
                                      " decide next time ",
                                      " discuss it next ",
                                      " discuss that next ",
                                      " discuss this next ",
                                      " up in the air ",
                                      " need more information ",
                                      NULL};

struct moim_cue moim_cue_en(const char *sentence)
{
    char s[SENTENCE_MAX];
    const char *rest;
    bool asked = plain(sentence, s);
    restore_apostrophes(s);
    int n = words(s);
    static const char *const opens[] = {" can you ",  " could you ", " would you ", " will you ",
                                        " shall we ", " should we ", NULL};
    asked = asked || moim_starts_any(s, opens); /* without its mark */
    static const char *const wh[] = {" when ", " what time ", " how ", " why ", " where ", NULL};
    if (asked) {
        if (moim_starts_any(s, wh) && !find_any(s, propose)) return (struct moim_cue){MOIM_ACT_ASK, true};

        if (find_any(s, please_asked)) return (struct moim_cue){MOIM_ACT_REQUEST, false};
        if (find_any(s, propose)) return (struct moim_cue){MOIM_ACT_PROPOSE, true};
        return (struct moim_cue){MOIM_ACT_ASK, true};
    }
    if (find_any(s, put_off))
        return (struct moim_cue){MOIM_ACT_DEFER, n > 2 || strstr(s, " not yet ") || strstr(s, " no idea ")};
    if (find_any(s, settled) && !find_any(s, not_settled)) {
        rest = find_any(s, settled);
        if (find_any(s, told) || moim_starts_any(rest, chat)) return (struct moim_cue){MOIM_ACT_TELL, false};
        return (struct moim_cue){MOIM_ACT_DECIDE, true};
    }
    if (n <= 5 && moim_starts_any(s, yes) && !find_any(s, i_will))
        return (struct moim_cue){MOIM_ACT_ACCEPT, true};
    if (find_any(s, no)) return (struct moim_cue){MOIM_ACT_REFUSE, true};
    if (find_any(s, please) && n > 3) return (struct moim_cue){MOIM_ACT_REQUEST, true};
    if ((rest = find_any(s, lets)))
        return moim_starts_any(rest, chat) || words(rest) < 2 ? (struct moim_cue){MOIM_ACT_TELL, false}
                                                              : (struct moim_cue){MOIM_ACT_DECIDE, false};
    if ((rest = find_any(s, i_will)))
        return moim_starts_any(rest, chat) || n < 4 ? (struct moim_cue){MOIM_ACT_TELL, false}
                                                    : (struct moim_cue){MOIM_ACT_PROMISE, true};
    if (find_any(s, propose)) return (struct moim_cue){MOIM_ACT_PROPOSE, true};
    if (find_any(s, able) && n > 4) return (struct moim_cue){MOIM_ACT_PROMISE, false};
    return (struct moim_cue){MOIM_ACT_TELL, false};
}
