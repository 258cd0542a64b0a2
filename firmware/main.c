#include "firmware/cli/commands.h"

int main(int argc, char **argv)
{
    return moim_cli_main(&moim_program, argc, argv);
}
