#include "firmware/fleet/fleet.h"

static const struct moim_command *const commands[] = {
    &moim_command_push,   &moim_command_worker,    &moim_command_enqueue,
    &moim_command_search, &moim_command_ask_fleet, &moim_command_serve_fleet,
    &moim_command_doctor, &moim_command_metrics,   &moim_command_migrate,
    &moim_command_keygen, &moim_command_add,       &moim_command_revoke,
    &moim_command_retry,  &moim_command_index,     NULL,
};

int main(int argc, char **argv)
{
    static const struct moim_program program = {"moim-fleet", "many recorders on PostgreSQL", commands};
    return moim_cli_main(&program, argc, argv);
}
