import sys,time; sys.path.insert(0,'/work/wt-f-tagger/summarize/training')
import numpy as np, torch, itertools, pickle, os
import train as T
from model import TAGS
torch.set_num_threads(1)
NT=14
class MM(torch.autograd.Function):
    @staticmethod
    def forward(ctx,W,X,XT): ctx.XT=XT; return X@W
    @staticmethod
    def backward(ctx,g): return ctx.XT@g.contiguous(),None,None
def csr(samples,grams):
    indptr=[0];ix=[];va=[];dn=[];mid=[]
    for k,s in enumerate(samples):
        tu=[[] for _ in range(s.turns)]
        for t,u in zip(s.unit_turn,s.ids): tu[t].append(u)
        d=np.zeros((s.turns,48),'f4'); np.maximum.at(d,s.unit_turn,s.dense); dn.append(d); mid.append(np.full(s.turns,k))
        for t in range(s.turns):
            u=np.unique(np.concatenate(tu[t])) if tu[t] else np.zeros(0,np.int64)
            ix.append(u); va.append(np.full(len(u),3/np.sqrt(len(u)+4),'f4')); indptr.append(indptr[-1]+len(u))
    import scipy.sparse as sp
    X=sp.csr_matrix((np.concatenate(va),np.concatenate(ix),np.array(indptr)),shape=(len(indptr)-1,grams))
    return X,np.concatenate(dn),np.concatenate(mid)
def tor(X):
    X=X.tocsr(); return torch.sparse_csr_tensor(torch.from_numpy(X.indptr.astype(np.int64)),torch.from_numpy(X.indices.astype(np.int64)),torch.from_numpy(X.data.astype('f4')),size=X.shape)
def shift(e,mid,win):
    out=e[:,win].clone()
    for o in range(1,win+1):
        same=(mid[o:]==mid[:-o]).float()[:,None]
        out=out+torch.nn.functional.pad(e[:-o,win-o]*same,(0,0,o,0))+torch.nn.functional.pad(e[o:,win+o]*same,(0,0,0,o))
    return out
def fit(X,dn,mid,y,l2=1e-4,steps=50,lr=0.06,win=2,extra_l2=1e-4):
    W=torch.zeros(X.shape[1],NT*(2*win+1),requires_grad=True); D=torch.zeros(dn.shape[1],NT*(2*win+1),requires_grad=True); b=torch.full((NT,),-3.5,requires_grad=True)
    Xt=tor(X); XT=tor(X.T); dn=torch.from_numpy(dn); mid=torch.from_numpy(mid); y=torch.from_numpy(y)
    opt=torch.optim.Adam([W,D,b],lr=lr,betas=(.9,.99)); sch=torch.optim.lr_scheduler.CosineAnnealingLR(opt,steps)
    for i in range(steps):
        z=shift((MM.apply(W,Xt,XT)+dn@D).view(-1,2*win+1,NT),mid,win)+b
        lo=torch.nn.functional.binary_cross_entropy_with_logits(z,y,reduction='none').sum(1).mean()+l2*(W**2).sum()+extra_l2*(D**2).sum()
        opt.zero_grad(); lo.backward(); opt.step(); sch.step()
    return W.detach(),D.detach(),b.detach()
def run(m,X,dn,mid,win=2):
    W,D,b=m
    with torch.no_grad(): return (shift((tor(X)@W+torch.from_numpy(dn)@D).view(-1,2*win+1,NT),torch.from_numpy(mid),win)+b).numpy()
