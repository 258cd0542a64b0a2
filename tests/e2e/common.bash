# The head of the end-to-end scripts, sourced by them: the program that is tried, the models, a directory that goes at the end.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
moim=$(realpath "${MOIM:-build/moim}")
models=${MOIM_MODELS:-${XDG_CACHE_HOME:-$HOME/.cache}/moim/models}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
die() { echo "FAIL: $*" >&2; exit 1; }
