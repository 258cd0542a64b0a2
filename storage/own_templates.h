/* Kinds of minutes that the user wrote (summarize/template.h says what their text may hold). */
#ifndef MOIM_STORAGE_OWN_TEMPLATES_H
#define MOIM_STORAGE_OWN_TEMPLATES_H

#include "storage/store.h"

struct moim_own_template {
    char *name, *text;
};
/* Replaces one of the same name. */
int moim_own_template_put(struct moim_store *s, const char *name, const char *text, struct moim_err *err);
/* *text is malloc'ed. MOIM_ENOENT. */
int moim_own_template_get(struct moim_store *s, const char *name, char **text, struct moim_err *err);
int moim_own_template_remove(struct moim_store *s, const char *name, struct moim_err *err); /* MOIM_ENOENT */
/* By name. */
int moim_own_template_list(struct moim_store *s, struct moim_own_template **list, int *n,
                           struct moim_err *err);
void moim_own_templates_free(struct moim_own_template *list, int n);

#endif
