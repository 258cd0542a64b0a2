"""Calls made of real speech: two talkers in turns, a good fifth of the time both, the far one 3 dB below the near one in the near microphone
through a bent loudspeaker, a room and a delay.

    python3 tests/tuning/call.py EVAL OUT [SECONDS]      makes OUT/{ko,en}.flac (left: near, right: far) and their texts
    python3 tests/tuning/call.py EVAL OUT --score        transcribes them (--channels call) and counts: numpy, soundfile; MOIM names the program
"""
import json, os, random, re, subprocess, sys

import numpy as np
import soundfile as sf

E, OUT = sys.argv[1:3]
def load(folder, talk=None, seconds=60):
    d=f'{E}/{folder}' + (f'/{talk}' if talk else '')
    out=[];txt=[]
    tr={}
    for l in open(f'{d}/transcripts.txt'):
        k,_,v=l.strip().partition(' '); tr[k]=v
    n=0
    for k in sorted(tr):
        f=f'{d}/{k}.flac'
        if not os.path.exists(f): continue
        x,r=sf.read(f); assert r==16000
        out.append(x.astype(np.float32)); txt.append(tr[k]); n+=len(x)
        if n>seconds*16000: break
    return out,txt
def level(x): 
    return np.sqrt(np.mean(x[np.abs(x)>0.01]**2)+1e-12)
def build(name, near, far, seed=1, lat=0.12):
    rng=random.Random(seed)
    N,F=[],[]  # start positions
    t=int(0.5*16000); ni=fi=0; who=0
    segN=[];segF=[]
    a,ta=near; b,tb=far
    # turns: near turn, far turn, overlap 20 % of the time: each turn starts before the other ends
    while ni<len(a) and fi<len(b):
        x=a[ni]; segN.append((t,x)); ni+=1
        t2=t+len(x)-int(0.5*min(len(x),len(b[fi])))
        y=b[fi]; segF.append((t2,y)); fi+=1
        t=t2+len(y)+int(0.3*16000) if fi%2 else t2+len(y)-int(0.5*len(y))
        t=max(t, segN[-1][0]+len(x)+1600)
    L=max(segN[-1][0]+len(segN[-1][1]), segF[-1][0]+len(segF[-1][1]))+32000
    n=np.zeros(L,np.float32); f=np.zeros(L,np.float32)
    ln=level(np.concatenate([s for _,s in segN])); lf=level(np.concatenate([s for _,s in segF]))
    for p,s in segN: n[p:p+len(s)]+=s*(0.1/ln)
    for p,s in segF: f[p:p+len(s)]+=s*(0.1/lf)
    g=np.random.default_rng(seed)
    R=int(0.25*16000); h=g.standard_normal(R)*np.exp(-np.arange(R)/(0.3*16000/6.9)); h[:40]*=0.3; h[40]=3*np.abs(h).max()
    e=np.convolve(np.tanh(2*f)/2,h)[:L]; d=int(lat*16000); e=np.concatenate([np.zeros(d),e])[:L]
    act=np.abs(f)>0.01
    e*= (level(n)*10**(-3/20))/np.sqrt(np.mean(e[np.roll(act,d)]**2)) * 1.0
    mic=n+e.astype(np.float32)+g.standard_normal(L).astype(np.float32)*0.0005
    both=np.mean((np.convolve(np.abs(n),np.ones(3200)/3200,'same')>0.003)&(np.convolve(np.abs(f),np.ones(3200)/3200,'same')>0.003))
    pk=max(np.abs(mic).max(),np.abs(f).max(),1)
    sf.write(f'{name}.flac',np.stack([mic,f],1)/pk,16000,subtype='PCM_16')
    sf.write(f'{name}-near.flac',n/pk,16000,subtype='PCM_16')
    open(f'{name}-near.txt','w').write(' '.join(ta[:ni])); open(f'{name}-far.txt','w').write(' '.join(tb[:fi]))
    print(name,L/16000,'s both',both)


def words(s):
    return re.findall(r"[a-z0-9가-힣']+", s.lower())


def errors(r, h):
    d = list(range(len(h) + 1))
    for i, x in enumerate(r, 1):
        p, d[0] = d[:], i
        for j, y in enumerate(h, 1):
            d[j] = min(p[j] + 1, d[j - 1] + 1, p[j - 1] + (x != y))
    return d[-1]


def score(name):
    """Far words in the near channel: those of its transcript that the near text does not hold and the far text does, each once."""
    out = subprocess.run([os.environ.get("MOIM", "build/moim"), "transcribe", f"{name}.flac", "--lang", os.path.basename(name), "--channels", "call", "--json", "--no-rescore"],
                         capture_output=True, check=True, text=True).stdout
    lines = json.loads(out)["segments"]
    near, far = words(open(f"{name}-near.txt").read()), words(open(f"{name}-far.txt").read())
    heard = [w for x in lines if x["speaker"] in ("This side", "우리 쪽") for w in words(x["text"])]
    own, other, leaked = list(near), list(far), []
    for w in heard:
        if w in own:
            own.remove(w)
        elif w in other:
            other.remove(w)
            leaked.append(w)
    whole = (lambda x: list("".join(x))) if name.endswith("ko") else (lambda x: x)
    print(f"{name}: near {100 * errors(whole(near), whole(heard)) / len(whole(near)):.1f} % wrong; far words in it {len(leaked)} of {len(far)}: {leaked}")


if sys.argv[3:] == ["--score"]:
    for lang in ("ko", "en"):
        score(f"{OUT}/{lang}")
else:
    S = float(sys.argv[3]) if len(sys.argv) > 3 else 50
    build(f"{OUT}/ko", load("ko-tedx", "2B1iXo1c1Tk", S), load("ko-tedx", "8-dSwR5iUyY", S))
    build(f"{OUT}/en", load("en-lj", None, S), load("en-librispeech", None, S), lat=0.2)
