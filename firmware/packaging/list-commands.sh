#!/bin/sh
# list-commands.sh MANUAL DIR: C source with the commands that the manual page describes, in its order, for firmware/cli/commands.h.
# Fails when a file of DIR has a command that the page does not describe.
set -eu
manual=$1 dir=$2
# What follows a .TP under COMMANDS begins with the command's name, in bold.
names=$(awk '/^\.SH/ { in_list = $2 == "COMMANDS" } in_list && tp { sub(/^(\.B +|\\fB)/, ""); sub(/[^a-z-].*/, ""); print } { tp = $0 == ".TP" }' "$manual")
defined=$(sed -n 's/^const struct moim_command moim_command_\([a-z_]*\) = .*/\1/p' "$dir"/*.c)
for d in $defined; do
    case " $(echo $names) " in *" $d "*) ;; *) echo "$manual: the command $d is not described" >&2; exit 1 ;; esac
done
printf '#include "firmware/cli/commands.h"\n\n'
for n in $names; do printf 'extern const struct moim_command moim_command_%s;\n' "$n"; done
printf '\nconst struct moim_command *const moim_commands[] = {\n'
for n in $names; do printf '    &moim_command_%s,\n' "$n"; done
printf '    0,\n};\n'
