"""Golden spellings: hama 1.7.0's own P2G on pronunciations of its own G2P.

    python3 tests/golden/make_p2g.py > tests/asr/golden/p2g.txt

A line is "phonemes separated by spaces, | between words<TAB>text"."""
from hama.inference import G2PModel
from hama.p2g import P2GModel

SENTENCES = """the meeting starts at nine and ends before lunch
please send me the report by friday afternoon
we decided to postpone the release until next month
who will talk to the customer about the budget
she said that the numbers look better than last year
he recalled the words of a poem upon the moon
nobody knows why the engine stopped in the middle of the road
the quick brown fox jumps over the lazy dog
arithmetic and logarithms through thorough thought
it was the best of times it was the worst of times
bring your own laptop charger and a notebook
the committee approved the proposal without discussion
physics chemistry psychology
i would rather walk than wait for another bus
their daughter plays the violin in the school orchestra
twenty three thousand four hundred and fifty six
a neighbour brought us vegetables from the garden
the scientist measured the temperature of the liquid
could you repeat the question more slowly
it rained all night and the river rose above the bridge
yesterday
photography
rhythm
entrepreneurship
colonel
shelley
kubernetes
zygote
안녕하세요
다음 회의 일정""".splitlines()

g2p, p2g = G2PModel(), P2GModel()
for sentence in SENTENCES:
    source = []
    for word in sentence.split():
        source += (["|"] if source else []) + [a.phoneme for a in g2p.predict(word).alignments]
    print(" ".join(source), p2g.predict(source).text, sep="\t")
