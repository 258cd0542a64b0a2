#include "base/clock.h"

static double seconds_of(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double moim_monotonic(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

double moim_slept(void)
{
    /* Asked first, so that what passes between the two counts as no sleep. */
    double awake = seconds_of(CLOCK_MONOTONIC), all = seconds_of(CLOCK_BOOTTIME);
    return all > awake ? all - awake : 0;
}

struct timespec moim_deadline(double seconds)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    long long ns = t.tv_nsec + (long long)(seconds * 1e9);
    t.tv_sec += (time_t)(ns / 1000000000);
    t.tv_nsec = (long)(ns % 1000000000);
    return t;
}
