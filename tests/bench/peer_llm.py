"""llama.cpp's speed (llama-cpp-python) on a GGUF file: prints a JSON line as bench_llm's, of CPU seconds too if BENCH_CPU is set. peer_llm.py MODEL [PROMPT GENERATED RUNS THREADS]"""
import json, os, sys, time

import llama_cpp

path = sys.argv[1]
prompt, generated, runs, threads = (int(a) for a in (sys.argv[2:] + ["512", "64", "3", "2"][len(sys.argv) - 2:]))
lm = llama_cpp.Llama(path, n_ctx=4096, n_batch=512, n_threads=threads, n_threads_batch=threads, verbose=False)
tokens = [1000 + i * 7919 % (lm.n_vocab() - 2000) for i in range(prompt)]
now = time.process_time if os.environ.get("BENCH_CPU") else time.perf_counter
best_p = best_g = 1e9
for _ in range(runs):
    lm.reset()
    t0 = now()
    lm.eval(tokens)
    t1 = now()
    for i in range(generated):
        lm.eval([1000 + i])
    best_p, best_g = min(best_p, t1 - t0), min(best_g, now() - t1)
print(json.dumps({"prompt_tok_s": round(prompt / best_p, 1), "gen_tok_s": round(generated / best_g, 2)}))
