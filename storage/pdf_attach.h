/* A file inside a PDF (ISO 32000 7.11.4), added behind its end as an incremental update: Cairo 1.16 has no call for it. */
#ifndef MOIM_STORAGE_PDF_ATTACH_H
#define MOIM_STORAGE_PDF_ATTACH_H

#include <stddef.h>
#include <stdio.h>

/* Writes the PDF with the file in it; as it is where it has no plain table of references. MOIM_ENOMEM. */
int moim_pdf_attach(FILE *out, const char *pdf, size_t n, const char *name, const char *data, size_t n_data);

#endif
