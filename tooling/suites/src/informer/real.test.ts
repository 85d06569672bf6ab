import { assetsIfBuilt } from '../server-under-test.ts';
import { informerSuite } from './informer-suite.ts';
import { realServers } from './world.ts';

// Skipped where kube-apiserver and etcd are not built, unless KUBECAST_SERVER=real asks for them.
const assets = assetsIfBuilt();

informerSuite('real API server', assets === undefined ? undefined : realServers(assets, true));
