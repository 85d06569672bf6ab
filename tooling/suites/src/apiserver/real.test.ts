import { behaviours } from './behaviours.ts';
import { realAssets, startReal } from './real-target.ts';
import { wire } from './wire.ts';

// Skipped where kube-apiserver and etcd are not built and KUBEBUILDER_ASSETS names no folder with them.
const assets = realAssets();

behaviours('real', assets === undefined ? undefined : () => startReal(assets));
wire('real', assets === undefined ? undefined : () => startReal(assets));
