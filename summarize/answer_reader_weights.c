#include "summarize/answer_reader.h"

/* The file is embedded in the program: nothing to install or find. */
__asm__(".section .rodata\n"
        ".balign 16\n"
        ".global moim_reader_weights\n"
        ".global moim_reader_weights_end\n"
        "moim_reader_weights:\n"
        ".incbin \"summarize/models/reader.bin\"\n"
        "moim_reader_weights_end:\n"
        ".previous\n");
