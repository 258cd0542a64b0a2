#include "summarize/tagger.h"

/* The file stands in the program as it is: nothing to install, nothing to find. */
__asm__(".section .rodata\n"
        ".balign 16\n"
        ".global moim_tagger_weights\n"
        ".global moim_tagger_weights_end\n"
        "moim_tagger_weights:\n"
        ".incbin \"summarize/models/tagger.bin\"\n"
        "moim_tagger_weights_end:\n"
        ".previous\n");
