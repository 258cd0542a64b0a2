/* A thread that connects the hardware (firmware/device/hal.h) and the state machine (firmware/device/state_machine.h) with
 * recording and jobs. Without hardware it still monitors heat, battery and disk. */
#ifndef MOIM_FIRMWARE_DEVICE_CONTROLLER_H
#define MOIM_FIRMWARE_DEVICE_CONTROLLER_H

#include "firmware/daemon/job_queue.h"
#include "firmware/daemon/recording_service.h"

struct moim_controller;

/* hardware as moim_hal_open takes it; dir: where the store lies. mic and jobs must outlive the controller. */
int moim_controller_start(struct moim_controller **out, const char *hardware, const char *dir,
                          struct moim_mic *mic, struct moim_jobs *jobs, struct moim_err *err);
void moim_controller_stop(struct moim_controller *p);

#endif
