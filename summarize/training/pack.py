import sys,pickle,torch,numpy as np; sys.path.insert(0,'/work/wt-f-tagger/summarize/training'); import export
fold=sys.argv[1]; out=sys.argv[2]
K=pickle.load(open('w-k.pkl','rb')); E=pickle.load(open('w-e.pkl','rb'))
tab=[]
for W in (K,E):
    w,d,b=W[fold] if fold in W else W['all']
    tab.append((W['voc'],w,d,b))
nets=torch.load(f'net-{fold}.pt')
lim=np.array(eval(open('limits.txt').read()),'f4')
print(export.write(out,tab,nets,lim))
