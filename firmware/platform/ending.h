/* A daemon ends on SIGTERM and SIGINT, in its own time. */
#ifndef MOIM_FIRMWARE_PLATFORM_ENDING_H
#define MOIM_FIRMWARE_PLATFORM_ENDING_H

#include "base/status.h"

/* From now on these signals only wait to be asked for. Once a process. MOIM_EIO. */
int moim_ending_catch(struct moim_err *err);
/* The signal that came, waiting for one at most timeout_ms; 0: none. */
int moim_ending_wait(int timeout_ms);

#endif
