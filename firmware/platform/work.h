/* A piece of work that is handed to a thread of the right kind: a worker of the HTTP server, or the job queue. */
#ifndef MOIM_FIRMWARE_PLATFORM_WORK_H
#define MOIM_FIRMWARE_PLATFORM_WORK_H

/* The first member of a caller's struct; run frees that struct. next belongs to whoever queues it. */
struct moim_work {
    void (*run)(struct moim_work *w);
    struct moim_work *next;
};

#endif
