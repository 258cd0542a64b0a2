"""Golden best symbols: hama 1.7.0's own engine on samples/beckett.wav of the package moonshine-voice.

    python3 tests/golden/make_conformer.py ~/.cache/moim/models/samples/beckett.wav > tests/asr/golden/conformer_beckett.txt

One number a frame: the most probable of 191 symbols, without hama's decoding bias."""
import sys
from hama.asr import ASRDecodeConfig, ASRModel

plain = ASRDecodeConfig(temperature=1.0, blank_bias=0.0)
print(*ASRModel(decode=plain).transcribe_file(sys.argv[1]).frame_token_ids)
