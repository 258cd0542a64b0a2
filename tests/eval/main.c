/* moim-eval: scores recognition, speakers and minutes against references. Not installed: the product needs none of it. */
#include "firmware/cli/cli.h"

extern const struct moim_command moim_eval_speech, moim_eval_speakers, moim_eval_minutes, moim_eval_features,
    moim_eval_ask, moim_eval_states;

int main(int argc, char **argv)
{
    static const struct moim_command *const commands[] = {&moim_eval_speech,
                                                          &moim_eval_speakers,
                                                          &moim_eval_minutes,
                                                          &moim_eval_features,
                                                          &moim_eval_ask,
                                                          &moim_eval_states,
                                                          NULL};
    static const struct moim_program program = {"moim-eval", "scores recognition, speakers and minutes",
                                                commands};
    return moim_cli_main(&program, argc, argv);
}
