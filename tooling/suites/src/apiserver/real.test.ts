import { test } from 'vitest';
import { behaviours } from './behaviours.ts';
import { realAssets, startReal } from './real-target.ts';

const assets = realAssets();

if (assets === undefined) test.skip('real: kube-apiserver and etcd are not built, and KUBEBUILDER_ASSETS names no folder with them', () => {});
else behaviours('real', () => startReal(assets));
