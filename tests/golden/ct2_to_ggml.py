"""Rewrites a CTranslate2 Whisper directory as whisper.cpp's ggml-*.bin, and as Hugging Face's folder where one is named, standard
library only. whisper.cpp and transformers read them, too.

    python3 tests/golden/ct2_to_ggml.py DIR OUT.bin [FOLDER]
"""
import json, math, os, struct, sys

src, dst = sys.argv[1:3]
data = open(f"{src}/model.bin", "rb").read()
pos = 0


def take(fmt):
    global pos
    v = struct.unpack_from("<" + fmt, data, pos)
    pos += struct.calcsize("<" + fmt)
    return v


def text():
    global pos
    n, = take("H")
    pos += n
    return data[pos - n:pos - 1].decode()


take("I"), text(), take("I")
tensor = {}
for _ in range(take("I")[0]):
    name = text()
    dims = take(f"{take('B')[0]}I")
    kind, = take("B")
    size, = take("I")
    tensor[name] = (dims, kind, data[pos:pos + size])
    pos += size
vocab, d = tensor["decoder/embeddings/weight"][0]
layers = sum(f"encoder/layer_{i}/ffn/linear_0/weight" in tensor for i in range(64))
actx, tctx = tensor["encoder/position_encodings/encodings"][0][0], tensor["decoder/position_encodings/encodings"][0][0]
mels = tensor["encoder/conv1/weight"][0][1]
out = open(dst, "wb")
out.write(struct.pack("<I11i", 0x67676d6c, vocab, actx, d, d // 64, layers, tctx, d, d // 64, layers, mels, 1))


def hertz(mel):
    """Slaney's scale: straight up to 1 kHz, logarithmic above."""
    return mel * 200 / 3 if mel < 15 else 1000 * math.exp((mel - 15) * math.log(6.4) / 27)


# Triangles between neighbouring corners, each of the same area; 201 bins of 40 Hz.
corner = [hertz(i * 45.245640471924965 / (mels + 1)) for i in range(mels + 2)]
filters = [max(0, min((40 * k - a) / (b - a), (c - 40 * k) / (c - b))) * 2 / (c - a)
           for a, b, c in zip(corner, corner[1:], corner[2:]) for k in range(201)]
out.write(struct.pack("<2i", mels, 201) + struct.pack(f"<{mels * 201}f", *filters))
# Bytes of each token from GPT-2's printable stand-ins; special tokens have no text there.
plain = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
stand = {chr(b): b for b in plain}
stand.update({chr(256 + i): b for i, b in enumerate(b for b in range(256) if b not in plain)})
lines = open(f"{src}/vocabulary.txt", encoding="utf-8").read().split("\n")
words = [bytes(stand[c] for c in w) for w in lines[:50257]]
out.write(struct.pack("<i", len(words)) + b"".join(struct.pack("<i", len(w)) + w for w in words))


kept = {}


def put(name, dims, kind, raw):
    assert kind == 4, "f16 expected"
    kept[name] = (dims[:1] if dims[1:] == (1,) else dims, raw)
    f32 = 1 in (len(dims), dims[-1]) or name.endswith("positional_embedding")  # as whisper.cpp wants them
    if f32:
        raw = struct.pack(f"<{len(raw) // 2}f", *struct.unpack(f"<{len(raw) // 2}e", raw))
    out.write(struct.pack("<3i", len(dims), len(name), 0 if f32 else 1) + struct.pack(f"<{len(dims)}i", *reversed(dims)))
    out.write(name.encode() + raw)


def linear(ct2, names):
    """One fused product becomes one for each name; a name with '!' has no bias in ggml."""
    dims, kind, raw = tensor[ct2 + "/weight"]
    bias = tensor[ct2 + "/bias"]
    rows, w, b = dims[0] // len(names), len(raw) // len(names), len(bias[2]) // len(names)
    for i, n in enumerate(names):
        put(n.strip("!") + ".weight", (rows, dims[1]), kind, raw[i * w:(i + 1) * w])
        if not n.endswith("!"):
            put(n + ".bias", (rows,), bias[1], bias[2][i * b:(i + 1) * b])


def norm(ct2, name):
    put(name + ".weight", *tensor[ct2 + "/gamma"])
    put(name + ".bias", *tensor[ct2 + "/beta"])


for side, last in (("encoder", "ln_post"), ("decoder", "ln")):
    for i in range(layers):
        a, b = f"{side}/layer_{i}", f"{side}.blocks.{i}"
        norm(a + "/self_attention/layer_norm", b + ".attn_ln")
        linear(a + "/self_attention/linear_0", [b + ".attn.query", b + ".attn.key!", b + ".attn.value"])
        linear(a + "/self_attention/linear_1", [b + ".attn.out"])
        if side == "decoder":
            norm(a + "/attention/layer_norm", b + ".cross_attn_ln")
            linear(a + "/attention/linear_0", [b + ".cross_attn.query"])
            linear(a + "/attention/linear_1", [b + ".cross_attn.key!", b + ".cross_attn.value"])
            linear(a + "/attention/linear_2", [b + ".cross_attn.out"])
        norm(a + "/ffn/layer_norm", b + ".mlp_ln")
        linear(a + "/ffn/linear_0", [b + ".mlp.0"])
        linear(a + "/ffn/linear_1", [b + ".mlp.2"])
    norm(side + "/layer_norm", f"{side}.{last}")
    put(side + ".positional_embedding", *tensor[side + "/position_encodings/encodings"])
for i in (1, 2):
    put(f"encoder.conv{i}.weight", *tensor[f"encoder/conv{i}/weight"])
    put(f"encoder.conv{i}.bias", (d, 1), *tensor[f"encoder/conv{i}/bias"][1:])
put("decoder.token_embedding.weight", *tensor["decoder/embeddings/weight"])
out.close()
if len(sys.argv) > 3:
    swaps = (("token_embedding", "embed_tokens"), ("positional_embedding", "embed_positions.weight"), ("blocks.", "layers."), (".cross_attn_ln", ".encoder_attn_layer_norm"),
             (".attn_ln", ".self_attn_layer_norm"), ("mlp_ln", "final_layer_norm"), ("ln_post", "layer_norm"), ("decoder.ln", "decoder.layer_norm"), (".cross_attn.", ".encoder_attn."),
             (".attn.", ".self_attn."), (".query.", ".q_proj."), (".key.", ".k_proj."), (".value.", ".v_proj."), (".out.", ".out_proj."), ("mlp.0", "fc1"), ("mlp.2", "fc2"))
    header, at = {"__metadata__": {"format": "pt"}}, 0
    for name, (dims, raw) in kept.items():
        for ours, theirs in swaps:
            name = name.replace(ours, theirs)
        header["model." + name] = {"dtype": "F16", "shape": list(dims), "data_offsets": [at, at + len(raw)]}
        at += len(raw)
    text = json.dumps(header).encode()
    os.makedirs(sys.argv[3], exist_ok=True)
    with open(f"{sys.argv[3]}/model.safetensors", "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(raw for _, raw in kept.values()))
    json.dump({w: i for i, w in enumerate(lines[:50258])}, open(f"{sys.argv[3]}/vocab.json", "w"))
