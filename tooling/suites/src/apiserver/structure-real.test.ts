import { realAssets, startReal } from './real-target.ts';
import { structure } from './structure/structure.ts';

// Skipped where kube-apiserver and etcd are not built and KUBEBUILDER_ASSETS names no folder with them.
const assets = realAssets();

structure('real', assets === undefined ? undefined : () => startReal(assets));
