/* The recorder's page, built in. */
#ifndef MOIM_FIRMWARE_API_WEB_FILES_H
#define MOIM_FIRMWARE_API_WEB_FILES_H

#include "firmware/http/web_files.h"

extern const struct moim_web_file moim_web_files[]; /* the last one's path is NULL */

#endif
