#include "summarize/tagger.h"

/* The file is embedded in the program: nothing to install or find. */
__asm__(".section .rodata\n"
        ".balign 16\n"
        ".global moim_tagger_weights\n"
        ".global moim_tagger_weights_end\n"
        "moim_tagger_weights:\n"
        ".incbin \"summarize/models/tagger.bin\"\n"
        "moim_tagger_weights_end:\n"
        ".previous\n");
