#include "base/status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static void format_into(struct moim_err *err, int code, const char *fmt, va_list ap)
{
    err->code = code;
    vsnprintf(err->msg, sizeof err->msg, fmt, ap);
    for (char *p = err->msg; *p; p++)
        if (*p == '\n' || *p == '\r') *p = ' ';
}

int moim_fail(struct moim_err *err, int code, const char *fmt, ...)
{
    if (!err) return code;
    va_list ap;
    va_start(ap, fmt);
    format_into(err, code, fmt, ap);
    va_end(ap);
    return code;
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

int moim_fail_errno(struct moim_err *err, const char *fmt, ...)
{
    int saved = errno, code = code_of_errno(saved);
    if (!err) return code;
    va_list ap;
    va_start(ap, fmt);
    format_into(err, code, fmt, ap);
    va_end(ap);
    size_t n = strlen(err->msg);
    snprintf(err->msg + n, sizeof err->msg - n, ": %s", strerror(saved));
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
