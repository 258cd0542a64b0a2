"""Golden pronunciations: hama 1.7.0's own G2P on 500 English words and 20 Korean ones.

    python3 tests/golden/make_g2p.py WORDFREQ_LARGE_EN.msgpack.gz > tests/asr/golden/g2p.txt

A line is "word<TAB>ids of its phonemes, separated by spaces". The English words are drawn with a fixed seed from
the 60,000 most frequent that are letters and apostrophes only."""
import gzip
import random
import sys

import msgpack
from hama.inference import G2PModel

KOREAN = "회의 안녕하세요 결정 다음 주 일정 개발 팀 보고서 예산 고객 요청 검토 승인 담당자 마감 서울 한국어 음성 인식".split()

words = []
for bucket in msgpack.unpackb(gzip.open(sys.argv[1]).read())[1:]:
    words += [w for w in bucket if w.isascii() and w.replace("'", "").isalpha()]
random.seed(17)
g2p = G2PModel()
for word in random.sample(words[:60000], 500) + KOREAN:
    ids = [g2p.vocab.decoder_token_to_id[a.phoneme] for a in g2p.predict(word).alignments]
    print(word, " ".join(map(str, ids)), sep="\t")
