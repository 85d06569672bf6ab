import { assetsIfBuilt } from '../server-under-test.ts';
import { informerSuite } from './informer-suite.ts';
import { realServers } from './world.ts';

// Skipped where kube-apiserver and etcd are not built, unless KUBECAST_SERVER=real asks for them.
// KUBECAST_KUBERNETES names the release, where it is not the newest: what an old server lacks is expected.
const assets = assetsIfBuilt();

informerSuite('real API server', assets === undefined ? undefined : realServers(assets, process.env['KUBECAST_KUBERNETES'] !== '1.24'));
