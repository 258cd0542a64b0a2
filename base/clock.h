/* Time that only goes forward. */
#ifndef MOIM_BASE_CLOCK_H
#define MOIM_BASE_CLOCK_H

#include <time.h>

/* Seconds since some moment in the past, whatever is done to the date; it stands still while the machine sleeps. */
double moim_monotonic(void);
/* Seconds that the machine has slept since it was started. */
double moim_slept(void);
/* That clock so many seconds from now, for pthread_cond_clockwait with CLOCK_MONOTONIC: a date that is set meanwhile makes no wait
 * longer or shorter. */
struct timespec moim_deadline(double seconds);

#endif
