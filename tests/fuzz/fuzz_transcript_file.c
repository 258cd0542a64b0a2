/* Any bytes as a transcript; the first byte chooses the form. */
#include "storage/transcript_file.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const name[] = {"a.json", "a.txt", "a.srt", "a.vtt", "a.md", "a", "a.docx", "a.html"};
    struct moim_transcript_file t;
    struct moim_err err;
    if (!size) return 0;
    if (!moim_transcript_file_parse(&t, name[*data & 7], (const char *)data + 1, size - 1, &err))
        moim_transcript_file_clear(&t);
    return 0;
}
