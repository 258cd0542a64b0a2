/* Status codes and the error context that every fallible moim function fills.
 *
 * A function returns MOIM_OK or a negative code and, when given a non-NULL context, leaves one line that a
 * person can act on: what failed, on which file, why. Contexts are plain caller-owned structs; there is no
 * global error state, so threads never overwrite each other's message. */
#ifndef MOIM_BASE_STATUS_H
#define MOIM_BASE_STATUS_H

enum moim_status {
    MOIM_OK = 0,
    MOIM_EINVAL = -1,   /* the caller's argument is out of range */
    MOIM_ENOMEM = -2,   /* an allocation failed */
    MOIM_EIO = -3,      /* the operating system refused a read or a write */
    MOIM_EFORMAT = -4,  /* bytes that are not what their container promises */
    MOIM_ENOENT = -5,   /* a file, model, row or device that is not there */
    MOIM_EUNSUP = -6,   /* valid, but not something this build can do */
    MOIM_ECANCEL = -7,  /* the user asked to stop */
    MOIM_ESTATE = -8,   /* the call does not fit the object's state */
    MOIM_ENOSPC = -9,   /* the disk is full, or nearly */
    MOIM_EACCES = -10,  /* permission denied, or read-only */
    MOIM_EVERSION = -11 /* written by a newer version */
};

struct moim_err {
    int code;      /* last moim_status, MOIM_OK if none */
    char msg[512]; /* one line, no newline, UTF-8 */
    const char
        *why; /* a static word for programs where the code alone does not tell ("no_microphone"), or NULL */
};

/* Stores code and the formatted message in err, which may be NULL. */
void moim_err_set(struct moim_err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* As moim_err_set, with a word for programs: one of ErrorCode in docs/openapi.yaml. */
void moim_err_set_why(struct moim_err *err, int code, const char *why, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* As moim_err_set, with the code and reason taken from errno (ENOSPC, EACCES, ENOENT... keep their meaning); returns the code. */
int moim_err_set_errno(struct moim_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Each stores as the function above and has the code as its value. They are macros so that compiler and static analyzer
 * know that value: a function with variable arguments is opaque to them. `code` is evaluated once. */
#define moim_fail(err, code, ...)                                                                            \
    ({                                                                                                       \
        const int moim_code_ = (code);                                                                       \
        moim_err_set((err), moim_code_, __VA_ARGS__);                                                        \
        moim_code_;                                                                                          \
    })
#define moim_fail_why(err, code, why, ...)                                                                   \
    ({                                                                                                       \
        const int moim_code_ = (code);                                                                       \
        moim_err_set_why((err), moim_code_, (why), __VA_ARGS__);                                             \
        moim_code_;                                                                                          \
    })
#define moim_fail_errno(err, ...)                                                                            \
    ({                                                                                                       \
        const int moim_code_ = moim_err_set_errno((err), __VA_ARGS__);                                       \
        if (moim_code_ >= 0) __builtin_unreachable();                                                        \
        moim_code_;                                                                                          \
    })

/* Takes the beginning of a UTF-8 character from the end of a line that did not fit where it was printed to.
 */
void moim_cut_whole(char *text);

/* The sysexits.h code that the command line returns for a status. */
int moim_exit_code(int status);

#endif
