/* The daemon's log on standard error, one line a message: with "<3>" in front where the journal reads it, so
 * that levels survive; and the notes that systemd expects (sd_notify(3)), without its library. */
#ifndef MOIM_FIRMWARE_PLATFORM_LOG_H
#define MOIM_FIRMWARE_PLATFORM_LOG_H

#include <stdbool.h>

/* As in syslog(3). */
enum moim_log_level {
    MOIM_LOG_ERROR = 3,
    MOIM_LOG_WARNING = 4,
    MOIM_LOG_NOTICE = 5,
    MOIM_LOG_INFO = 6,
    MOIM_LOG_DEBUG = 7
};

/* The least urgent level that is written; MOIM_LOG_INFO by default. Set once, before threads start. */
void moim_log_set(enum moim_log_level most);
void moim_log(enum moim_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "READY=1", "STATUS=...", "WATCHDOG=1", "STOPPING=1": to $NOTIFY_SOCKET, or nowhere. */
void moim_notify(const char *state);
/* Seconds between two WATCHDOG=1 (half of what the unit allows), 0 when none are wanted. */
double moim_notify_watchdog(void);
/* The socket that systemd has bound for us, or -1. */
int moim_notify_listen_fd(void);

#endif
