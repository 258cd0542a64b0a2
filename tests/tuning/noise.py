"""Recognition of noisy speech as it is and after SpeexDSP's noise suppression (docs/experiments.md).

    python3 tests/tuning/noise.py EVAL OUT        (numpy, soundfile, libspeexdsp1; MOIM names the program)
"""
import ctypes, os, re, subprocess, sys

import numpy as np
import soundfile as sf

E, OUT = sys.argv[1:3]
L=ctypes.CDLL('libspeexdsp.so.1')
L.speex_preprocess_state_init.restype=ctypes.c_void_p
def denoise(x, db):
    n=320; st=ctypes.c_void_p(L.speex_preprocess_state_init(n,16000))
    one=ctypes.c_int(1); lvl=ctypes.c_int(db)
    L.speex_preprocess_ctl(st,0,ctypes.byref(one)); L.speex_preprocess_ctl(st,18,ctypes.byref(lvl))
    y=(np.clip(x,-1,1)*32767).astype(np.int16); y=np.concatenate([y,np.zeros(2*n-len(y)%n,np.int16)])
    for i in range(0,len(y),n):
        f=np.ascontiguousarray(y[i:i+n]); L.speex_preprocess_run(st,f.ctypes.data_as(ctypes.c_void_p)); y[i:i+n]=f
    return y[n:n+len(x)].astype(np.float32)/32768
def load(folder, talk, seconds):
    d=f'{E}/{folder}'+(f'/{talk}' if talk else ''); xs=[];t=[];n=0
    for l in open(f'{d}/transcripts.txt'):
        k,_,v=l.strip().partition(' '); f=f'{d}/{k}.flac'
        if not os.path.exists(f): continue
        x,_=sf.read(f,dtype='float32'); xs.append(x); xs.append(np.zeros(4800,np.float32)); t.append(v); n+=len(x)
        if n>seconds*16000: break
    return np.concatenate(xs),' '.join(t)
def pink(n,g):
    s=np.fft.rfft(g.standard_normal(n)); s/=np.sqrt(np.maximum(np.arange(len(s)),1)); return np.fft.irfft(s,n).astype(np.float32)
def mix(x,noise,snr):
    a=np.abs(x)>0.01; px=np.mean(x[a]**2); noise=noise[:len(x)]; return x+noise*np.sqrt(px/10**(snr/10)/np.mean(noise**2))
def words(s): return re.findall(r"[a-z0-9가-힣']+", s.lower())
def err(r,h):
    d=list(range(len(h)+1))
    for i,x in enumerate(r,1):
        p=d[:]; d[0]=i
        for j,y in enumerate(h,1): d[j]=min(p[j]+1,d[j-1]+1,p[j-1]+(x!=y))
    return d[-1]
g=np.random.default_rng(1)
sets=[('ko','ko-tedx','R15jiXaSYik'),('en','en-librispeech',None)]
bab=np.zeros(16000*80,np.float32)
for k,t in enumerate(['znxAJsY__HM','vpDjbUl1nYQ','beK1Iw23nc8','un4qbATrmx8']):
    b,_=load('ko-tedx',t,90); bab+=b[:len(bab)]/np.sqrt(np.mean(b**2))
for lang,folder,talk in sets:
    x,ref=load(folder,talk,50)
    for kind in ('pink','babble'):
        for snr in (5,10):
            y=mix(x, pink(len(x),g) if kind=='pink' else bab, snr); y*=0.9/max(0.9,np.abs(y).max())
            for what,z in (('as it is',y),('speex -15 dB',denoise(y,-15))):
                f=f'{OUT}/{lang}-{kind}-{snr}-{what[:5]}.wav'.replace(' ','_'); sf.write(f,z,16000)
                out=subprocess.run([os.environ.get('MOIM', 'build/moim'),'transcribe',f,'--lang',lang,'--plain','--no-rescore','--beam','1'],capture_output=True,text=True).stdout
                r,h=words(ref),words(out)
                if lang=='ko': r,h=list(''.join(r)),list(''.join(h))
                print(lang,kind,snr,'dB',what,f'{err(r,h)} of {len(r)} = {100*err(r,h)/len(r):.1f} %',flush=True)
