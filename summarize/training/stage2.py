import sys,time,pickle,os,random; sys.path.insert(0,'/work/wt-f-tagger/summarize/training')
import numpy as np, torch, argparse
import train as T
from model import TAGS,ROLES,REACH
from torch import nn
torch.set_num_threads(1)
class Net(nn.Module):
    """residual convolutions over turns, dilated 1, 2, 4"""
    def __init__(s,inp,hid=48,link=24,drop=.3,layers=3,kernel=5):
        super().__init__()
        s.inp=nn.Linear(inp,hid); s.conv=nn.ModuleList(nn.Conv1d(hid,hid,kernel,padding=(kernel-1)//2*2**l,dilation=2**l) for l in range(layers))
        d=2*hid; s.out=nn.Linear(d,14); s.q=nn.Linear(d,link); s.k=nn.Linear(d,link); s.p=nn.Linear(8,link,bias=False); s.role=nn.Linear(link,len(ROLES)); s.none=nn.Parameter(torch.zeros(len(ROLES))); s.drop=nn.Dropout(drop)
        s.skip=nn.Parameter(torch.ones(14)*.7)
    def forward(s,x,z,turns,pair):
        most=x.shape[1]; mask=(torch.arange(most)[None]<turns[:,None]).float()[:,:,None]
        e=torch.relu(s.inp(x))*mask; h=e
        for c in s.conv:
            h=(h+torch.relu(c(s.drop(h).transpose(1,2)).transpose(1,2)))*mask
        h=s.drop(torch.cat([h,e],2)); q,k=s.q(h),s.k(h)
        sh=torch.stack([nn.functional.pad(k,(0,0,d,0))[:,:most] for d in range(1,REACH+1)],2)
        return s.out(h)+s.skip*z, s.role(torch.tanh(q[:,:,None]+sh+s.p(pair))), s.none
def prep(S,Z):
    for s in S:
        z=np.clip(Z[s.name],-8,4).astype('f4'); d=np.zeros((s.turns,48),'f4'); np.maximum.at(d,s.unit_turn,s.dense)
        s.z=z; s.x=np.concatenate([z/3,1/(1+np.exp(-z)),d],1).astype('f4')
def coll(S):
    most=max(s.turns for s in S); B=len(S)
    x=np.zeros((B,most,S[0].x.shape[1]),'f4'); z=np.zeros((B,most,14),'f4'); y=np.zeros((B,most,14),'f4'); l=np.zeros((B,most,REACH+1,len(ROLES)),'f4'); p=np.zeros((B,most,REACH,8),'f4')
    for b,s in enumerate(S): x[b,:s.turns]=s.x; z[b,:s.turns]=s.z; y[b,:s.turns]=s.y; l[b,:s.turns]=s.link; p[b,:s.turns]=s.pair
    tn=torch.tensor([s.turns for s in S]); mask=torch.arange(most)[None]<tn[:,None]
    return [torch.from_numpy(a) for a in (x,z)]+[tn,torch.from_numpy(p)],torch.from_numpy(y),torch.from_numpy(l),mask
def fit(S,o,seed):
    random.seed(seed); torch.manual_seed(seed); net=Net(S[0].x.shape[1],o.hid,drop=o.drop,layers=o.layers,kernel=o.kernel)
    opt=torch.optim.AdamW(net.parameters(),lr=o.rate,weight_decay=o.decay); n=(len(S)+o.batch-1)//o.batch
    sch=torch.optim.lr_scheduler.OneCycleLR(opt,o.rate,total_steps=o.epochs*n,pct_start=.2)
    wt=torch.tensor([.5]*11+[1.]*3)
    for ep in range(o.epochs):
        net.train(); order=random.sample(S,len(S)); order=sum([sorted(order[i:i+64],key=lambda s:s.turns) for i in range(0,len(order),64)],[])
        for i in range(0,len(order),o.batch):
            (x,z,tn,p),y,l,mask=coll(order[i:i+o.batch])
            noise=torch.randn(z.shape)*o.noise
            x=x.clone(); x[:,:,:14]+=noise/3
            lo,link,none=net(x,z+noise,tn,p)
            b=(nn.functional.binary_cross_entropy_with_logits(lo,y,reduction='none')*wt)[mask].sum(1).mean()
            loss=b+o.link*T.link_loss(link,none,l)
            opt.zero_grad(); loss.backward(); nn.utils.clip_grad_norm_(net.parameters(),1.); opt.step(); sch.step()
    
    with torch.no_grad():
        for n,p in net.named_parameters():
            if p.dim()==2: sc=p.abs().amax(1,keepdim=True)/127+1e-12; p.copy_((p/sc).round()*sc)
            if p.dim()==3: sc=p.abs().amax((1,2),keepdim=True)/127+1e-12; p.copy_((p/sc).round()*sc)
    return net.eval()
def predict(nets,S):
    out=[]
    with torch.no_grad():
        for s in S:
            x,_,_,_=coll([s]); R=[n(*x) for n in nets]
            p=torch.sigmoid(torch.stack([r[0][0] for r in R]).mean(0)); lp=torch.stack([torch.log_softmax(torch.cat([r[1][0],r[2].expand(s.turns,1,-1)],1),1) for r in R]).mean(0)
            out.append((p.numpy(),lp.numpy()))
    return out
def opts():
    a=argparse.ArgumentParser()
    for n,d in dict(hid=48,kernel=5,layers=3,epochs=14,batch=8).items(): a.add_argument('--'+n,type=int,default=d)
    for n,d in dict(drop=.3,rate=4e-3,decay=.02,noise=.3,link=.4).items(): a.add_argument('--'+n,type=float,default=d)
    a.add_argument('--folds',default='k1,k2,k3,e1,e2'); a.add_argument('--seeds',type=int,default=1); return a.parse_args()
if __name__=='__main__':
    o=opts(); Z={}
    for l in 'ke': Z|=pickle.load(open(f'/tmp/ft/z-{l}.pkl','rb'))
    S=[T.Sample(m,f,{}) for m,f,_ in T.load('/tmp/ft','/work/corpus') if m.name in Z]; prep(S,Z)
    for fold in o.folds.split(','):
        tr=[s for s in S if s.author!=fold]; te=[s for s in S if s.author==fold]
        t0=time.time(); nets=[fit(tr,o,sd) for sd in range(o.seeds)]
        torch.save([n.state_dict() for n in nets],f'/tmp/ft/net-{fold}.pt')
        if te:
            r=predict(nets,te); T.report(fold,r,te); pickle.dump({s.name:q for s,q in zip(te,r)},open(f'/tmp/ft/pred-{fold}.pkl','wb'))
        print('%.0fs'%(time.time()-t0),flush=True)
