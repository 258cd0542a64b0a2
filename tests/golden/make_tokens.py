#!/usr/bin/env python3
"""Golden tokenizations for tests/lm/test_tokenizer.c, by llama.cpp (llama-cpp-python 0.3.36, vocabulary only).

Usage: make_tokens.py MODEL.gguf > tests/lm/golden/tokens_NAME.txt
Each line: flags (1 BOS, 2 special tokens recognised), the text in hex ("-" if empty), the ids.
"""
import ctypes
import random
import sys

import llama_cpp as L

KO = """안녕하세요. 오늘 회의를 시작하겠습니다. 김 대리님, 지난주 매출이 3,250만 원에서 4.1억 원으로 늘었죠?
네, 맞습니다! 하이퍼클로바(HyperCLOVA) X를 도입해서 전년 대비 12.5% 성장했습니다ㅋㅋㅋ
2026년 11월 24일 오후 3시 30분에 서울특별시 강남구 테헤란로 152에서 뵙겠습니다~
뷁쒧꿹 ㄱㄴㄷ ㅏㅑㅓ 값싼 닭갈비 훑다 읊조리다 않았었겠더라고요"""
EN = """Hello, world! It's a test; we'll see what they've done, I'D say. DON'T you'Re
The quick brown fox jumps over 1234567890 lazy dogs — "quoted" 'single' (parens) [x] {y} <z>.
def f(x):\n    return x ** 2  # comment\n\n\n\tif True:\r\n        pass\r\n
naïve café Ünïcödé ﬁ ŀ Ǆ ² ½ Ⅳ ٣ ๓ 一二三 日本語テスト かな カナ العربية עברית हिन्दी ไทย Ελληνικά русский"""
EMOJI = ["😀", "👩‍👩‍👧‍👦 family", "🇰🇷🇺🇸", "❤️‍🔥", "a😀b 😀😀", "☕️ 3×4≠12 → ∞", "\U0001f9d1🏽‍🚀 \U0010ffff"]
SPACES = ["", " ", "  ", "   ", "\n", "\n\n", "\n\n\n", " \n", "\n ", "\t", "\t\t x", "a  b", "a   b", " a", "  a", "a ", "a  ",
          "\r\n", "\r\n\r\n", "x\u00a0y", "\u00a0", "\u3000가", "\u2003 \u2003x", "\u200b", "a\u0085b", "\x0b\x0c", "\x1c\x1d", "\x00a", "a\x00\x00b",
          "   \n   \n x", "  \t\n\t  가나", "\n  \n", "...\n\n...", "!!!\r\n\n x", "' s 's 'S 'll 'LL 'lL '", "''s", "x'", "'re've", " 's", "한's"]
SPECIAL = ["<|im_start|>system\nYou are.<|im_end|>\n<|im_start|>user\n안녕<|im_end|>", "<|endoftext|>", "a<|endoftext|> b", "<|im_start|", "<|fim_prefix|>x<|fim_suffix|>y<|fim_middle|>",
           "<bos><eos>", "<bos>a", " <eos> b", "<start_of_turn>user\n회의록<end_of_turn>\n", "<unused0><unused99>", "<pad><unk><mask>", "<h1>제목</h1>\n<table>", "<0x41>", "<0x0A>x",
           "[multimodal]", "<tool_call>{}</tool_call>", "<|vision_start|><|object_ref_start|>", "<|box_start|>(1,2)<|box_end|>", "<start_of_image>", "<|file_sep|><|repo_name|>", "▁▁a▁b", "▁", "<<bos>>", "<s>[INST] hi [/INST]</s>"]
BROKEN = [b"\xff", b"\xc3", b"\xc3(", b"\xe2\x82", b"\xf0\x9f\x98", b"a\x80b", b"\xc0\x80", b"\xed\xa0\x80", b"\xea\xb0\x80\xea\xb0", b"\xea\xb0\x80\x80 ok", b"\xf8\x88\x80\x80\x80", b"\xe0\x80\xaf", b" \xff \xfe\n",
          b"\xec\x95\x88\xeb\x85 \x95", b"\xf0\x90\x8d", b"\xc3\xa9\xc3", b"'\xff", b"1\xff2"]


def texts():
    rng = random.Random(20261124)
    out = []
    for block in (KO, EN):
        out.append(block)
        out += block.split("\n")
        out += block.split()
    out += EMOJI + SPACES + SPECIAL
    out += [str(n) for n in (0, 7, 10, 123, 1234, 12345, 1000000, "3.14159", "1,234,567", "2026-11-24", "010-1234-5678", "٣٤٥", "½¾")]
    out += ["a" * n for n in (2, 3, 7, 50)] + [" " * n for n in (4, 5, 16, 33, 100)] + ["가" * 20, "!" * 30, "=" * 64, "\n" * 9, "ㅋ" * 12]
    out = [s.encode() for s in out] + BROKEN
    pools = ["abc ABC'sStTlLd", "가나다라 마바사 하다.요", "0123456789.,- ", " \n\t\r", "!?()[]<>|_#@", "éñüß½²Ⅷ", "\u0300\u0301\u200d\ufe0f", "😀🎉👍"]
    for i in range(150):  # mixtures of classes, to reach every branch of the patterns
        out.append("".join(rng.choice(rng.choice(pools)) for _ in range(rng.randint(1, 30))).encode())
    for i in range(100):  # random code points
        cps = [rng.choice((rng.randrange(0x250), rng.randrange(0x3000), rng.randrange(0xAC00, 0xD7A4), rng.randrange(0x10000, 0x20000))) for _ in range(rng.randint(1, 12))]
        out.append("".join(chr(c) for c in cps if not 0xD800 <= c < 0xE000).encode())
    for i in range(100):  # random bytes; F4 90 and up is left out, on it llama.cpp throws
        b = bytes(rng.randrange(0xF4) for _ in range(rng.randint(1, 20)))
        out.append(b)
    return out


def main():
    quiet = L.llama_log_callback(lambda *a: None)  # must outlive its use
    L.llama_log_set(quiet, ctypes.c_void_p(0))
    L.llama_backend_init()
    p = L.llama_model_default_params()
    p.vocab_only = True
    m = L.llama_model_load_from_file(sys.argv[1].encode(), p)
    v = L.llama_model_get_vocab(m)
    buf = (ctypes.c_int32 * 8192)()
    for flags in (1, 3):
        for t in texts():
            n = L.llama_tokenize(v, t, len(t), buf, 8192, bool(flags & 1), bool(flags & 2))
            assert n >= 0
            print(flags, t.hex() or "-", *buf[:n])


main()
