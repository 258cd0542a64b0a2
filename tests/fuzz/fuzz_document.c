/* XML of a Word or Hangul document inside a zip, which random bytes never are; records; tables of parties. The first byte
 * chooses. */
#include "firmware/library/party_plan.h"
#include "storage/record.h"
#include "storage/transcript_file_int.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_table(char *text)
{
    struct moim_parties p;
    if (moim_party_table_read(text, 8, &p)) return;
    char *table = moim_party_table(&p, true);
    free(table);
    moim_parties_clear(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size) return 0;
    char *text = strndup((const char *)data + 1, size - 1);
    struct moim_package page;
    if (!text) return 0;
    switch (*data & 3) {
    case 0: free(moim_package_bare(text, strlen(text))); break;
    case 1:
        if (!moim_html_read(text, strlen(text), &page)) moim_package_clear(&page);
        break;
    case 2: read_table(text); break;
    default: free(moim_record_open(text, strlen(text), "text")); break;
    }
    free(text);
    return 0;
}
