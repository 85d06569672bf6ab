import { observed } from './observed/observed.ts';
import { realAssets, startReal } from './real-target.ts';

// Skipped where kube-apiserver and etcd are not built and KUBEBUILDER_ASSETS names no folder with them.
const assets = realAssets();

observed('real', assets === undefined ? undefined : () => startReal(assets));
