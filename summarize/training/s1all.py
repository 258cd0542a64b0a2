from stage1 import *
lang=sys.argv[1]
pairs=[p for p in T.load('/tmp/ft','/work/corpus') if p[0].name[0]==lang]
voc=T.vocabulary_of(pairs,3,12500)
S=[T.Sample(m,f,voc) for m,f,_ in pairs]
au=np.concatenate([[s.author]*s.turns for s in S]); X,dn,mid=csr(S,len(voc)); y=np.concatenate([s.y for s in S])
z=np.zeros_like(y); W={'voc':sorted(voc)}
def done():
    out={}; at=0
    for s in S: out[s.name]=z[at:at+s.turns]; at+=s.turns
    pickle.dump(out,open(f'/tmp/ft/z-{lang}.pkl','wb')); pickle.dump(W,open(f'/tmp/ft/w-{lang}.pkl','wb'))
for fold in sorted(set(au))+['all']:
    tr=au!=fold; t0=time.time()
    m=fit(X[tr],dn[tr],mid[tr],y[tr],1.5e-4,70)
    # as the file keeps it: 8 bits a row
    sc=m[0].abs().amax(1,keepdim=True)/127+1e-12; m=((m[0]/sc).round()*sc,m[1],m[2])
    W[fold]=[a.numpy() for a in m]
    if fold!='all':
        z[~tr]=run(m,X[~tr],dn[~tr],mid[~tr])
        p=1/(1+np.exp(-z[~tr])); yy=y[~tr]
        print(fold,' '.join('%s %.3f'%(n,T.best_f1(p[:,i],yy[:,i])[0]) for i,n in enumerate(TAGS+'DKU')),'%.0fs'%(time.time()-t0),flush=True)
    done()
