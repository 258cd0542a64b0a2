"""QMSum (val.jsonl.gz) as transcripts with reference summaries, and a peer's summaries of them: the same GGUF model prompted plainly
through llama.cpp, the whole at once or part by part (--map). Then score both in one run:

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
ap.add_argument("--most", type=int, default=99, help="meetings at most, the shortest")
ap.add_argument("--map", action="store_true", help="the peer summarises parts of 2,000 tokens, then their summaries")
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

meetings = sorted(meetings)
for _, i, _ in meetings[a.most:]:
    os.remove("%s/%02d.json" % (a.out, i))


def ask(llm, text, most):
    r = llm.create_chat_completion([dict(role="user", content=text)], max_tokens=most, temperature=0)
    return r["choices"][0]["message"]["content"]


def parts(llm, turns, room):
    part, had = "", 0
    for t in turns:
        line = t["speaker"] + ": " + t["text"] + "\n"
        n = len(llm.tokenize(line.encode(), add_bos=False))
        if part and had + n > room:
            yield part
            part, had = "", 0
        part, had = part + line, had + n
    yield part


if a.model:
    from llama_cpp import Llama
    for _, i, turns in meetings[:a.most]:
        path = "%s/peer/%02d.txt" % (a.out, i)
        if os.path.exists(path):
            continue
        start = time.time()
        llm = Llama(a.model, n_ctx=4096 if a.map else 32768, n_threads=a.threads, n_threads_batch=a.threads, verbose=False)
        if a.map:
            notes = [ask(llm, "Summarize this part of a meeting in three sentences: who said what, and what was decided.\n\n" + p[:9000], 160)
                     for p in parts(llm, turns, 2000)]
            said = ask(llm, "These are summaries of the parts of one meeting, in order. Write a summary of the whole meeting in about 100 words.\n\n" +
                       "\n".join(clean(n) for n in notes)[-12000:], 220)
        else:
            text = "\n".join(t["speaker"] + ": " + t["text"] for t in turns)
            tok = llm.tokenize(text.encode(), add_bos=False)[:32000]
            said = ask(llm, "Summarize the whole meeting in about 100 words.\n\n" + llm.detokenize(tok).decode(errors="ignore"), 220)
        open(path, "w").write(clean(said) + "\n")
        print(i, "%.0f s" % (time.time() - start), flush=True)
        del llm
