#include "base/status.h"
#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

void moim_cut_whole(char *text)
{
    size_t n = strlen(text), k = n;
    while (k && n - k < 3 && ((unsigned char)text[k - 1] & 0xC0) == 0x80) k--;
    if (!k) return;
    unsigned char lead = (unsigned char)text[k - 1];
    size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (want > n - k + 1) text[k - 1] = 0;
}

static void format_into(struct moim_err *err, int code, const char *fmt, va_list ap)
{
    err->code = code;
    err->why = NULL;
    if (vsnprintf(err->msg, sizeof err->msg, fmt, ap) >= (int)sizeof err->msg) moim_cut_whole(err->msg);
    for (char *p = err->msg; *p; p++)
        if (*p == '\n' || *p == '\r') *p = ' ';
    moim_text_clean_in(err->msg, sizeof err->msg, false); /* of a file's name, or cut within a character */
}

void moim_err_set(struct moim_err *err, int code, const char *fmt, ...)
{
    if (!err) return;
    va_list ap;
    va_start(ap, fmt);
    format_into(err, code, fmt, ap);
    va_end(ap);
}

void moim_err_set_why(struct moim_err *err, int code, const char *why, const char *fmt, ...)
{
    if (!err) return;
    va_list ap;
    va_start(ap, fmt);
    format_into(err, code, fmt, ap);
    va_end(ap);
    err->why = why;
}

static int code_of_errno(int e)
{
    switch (e) {
    case ENOENT:
    case ENOTDIR:
    case ENODEV: return MOIM_ENOENT;
    case ENOMEM: return MOIM_ENOMEM;
    case ENOSPC:
    case EDQUOT: return MOIM_ENOSPC;
    case EACCES:
    case EPERM:
    case EROFS: return MOIM_EACCES;
    case EINVAL: return MOIM_EINVAL;
    default: return MOIM_EIO;
    }
}

int moim_err_set_errno(struct moim_err *err, const char *fmt, ...)
{
    int saved = errno, code = code_of_errno(saved);
    if (!err) return code;
    va_list ap;
    va_start(ap, fmt);
    format_into(err, code, fmt, ap);
    va_end(ap);
    size_t n = strlen(err->msg);
    if (snprintf(err->msg + n, sizeof err->msg - n, ": %s", strerror(saved)) >= (int)(sizeof err->msg - n))
        moim_cut_whole(err->msg);
    return code;
}

int moim_exit_code(int status)
{
    switch (status) {
    case MOIM_OK: return EX_OK;
    case MOIM_EINVAL: return EX_USAGE;
    case MOIM_ENOMEM: return EX_OSERR;
    case MOIM_EIO:
    case MOIM_ENOSPC: return EX_IOERR;
    case MOIM_EFORMAT: return EX_DATAERR;
    case MOIM_ENOENT: return EX_NOINPUT;
    case MOIM_EUNSUP: return EX_UNAVAILABLE;
    case MOIM_ECANCEL: return EX_TEMPFAIL;
    case MOIM_EACCES: return EX_NOPERM;
    case MOIM_EVERSION: return EX_CONFIG;
    default: return EX_SOFTWARE;
    }
}
