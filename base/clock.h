/* Time that only goes forward. */
#ifndef MOIM_BASE_CLOCK_H
#define MOIM_BASE_CLOCK_H

/* Seconds since some moment in the past, whatever is done to the date; it stands still while the machine sleeps. */
double moim_monotonic(void);

#endif
