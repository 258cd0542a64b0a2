"""QMSum (val.jsonl.gz) as transcripts with reference summaries, and a peer's summaries of them: the same GGUF model prompted plainly
through llama.cpp. Then score both in one run:

   python3 tests/bench/qmsum.py --data ../shared/eval/qmsum/val.jsonl.gz --every 5 --model MODEL.gguf --out /tmp/qmsum
   build/moim-eval minutes /tmp/qmsum --minutes-model MODEL.gguf --peer-dir /tmp/qmsum/peer

The peer reads the whole transcript where its context takes it (32768 tokens), else its beginning. Markup in braces goes, for both.
Needs: pip install llama-cpp-python. Shortest meetings first, so that a run that is stopped has scored something."""
import argparse, gzip, json, os, re, time

ap = argparse.ArgumentParser()
ap.add_argument("--data", required=True)
ap.add_argument("--out", required=True)
ap.add_argument("--model", help="without it only the transcripts are written")
ap.add_argument("--every", type=int, default=5)
ap.add_argument("--threads", type=int, default=2)
a = ap.parse_args()


def clean(s):
    s = re.sub(r"\{[^}]*\}", "", s)
    s = re.sub(r"\s+([.,?!;:])", r"\1", s)
    s = re.sub(r"\s+'(s|m|re|ve|ll|d|t)\b", r"'\1", re.sub(r"\bn 't\b", "n't", s))
    return re.sub(r"\s+", " ", s).strip()


os.makedirs(a.out + "/peer", exist_ok=True)
meetings = []
for i, line in enumerate(gzip.open(a.data, "rt")):
    if i % a.every:
        continue
    m = json.loads(line)
    turns = [dict(speaker=t["speaker"], text=clean(t["content"])) for t in m["meeting_transcripts"]]
    turns = [t for t in turns if re.search(r"\w", t["text"])]
    q = m["general_query_list"][0]
    json.dump(dict(title="QMSum val %d" % i, language="en", date="2026-01-05", turns=turns, key=dict(summary=clean(q["answer"]))),
              open("%s/%02d.json" % (a.out, i), "w"))
    meetings.append((sum(len(t["text"]) for t in turns), i, turns))

if a.model:
    from llama_cpp import Llama
    for _, i, turns in sorted(meetings):
        path = "%s/peer/%02d.txt" % (a.out, i)
        if os.path.exists(path):
            continue
        text = "\n".join(t["speaker"] + ": " + t["text"] for t in turns)
        start = time.time()
        llm = Llama(a.model, n_ctx=32768, n_threads=a.threads, n_threads_batch=a.threads, verbose=False)
        tok = llm.tokenize(text.encode(), add_bos=False)[:32000]
        text = llm.detokenize(tok).decode(errors="ignore")
        r = llm.create_chat_completion([dict(role="user", content="Summarize the whole meeting in about 100 words.\n\n" + text)],
                                       max_tokens=220, temperature=0)
        open(path, "w").write(clean(r["choices"][0]["message"]["content"]) + "\n")
        print(i, r["usage"], "%.0f s" % (time.time() - start), flush=True)
        del llm
