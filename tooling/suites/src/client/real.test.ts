import { connectionFrom } from '@kubecast/client';
import { realAssets, startReal } from '../apiserver/real-target.ts';
import { clientSuite } from './client-suite.ts';

// Skipped where kube-apiserver and etcd are not built and KUBEBUILDER_ASSETS names no folder with them.
const assets = realAssets();

clientSuite(
  'real',
  assets === undefined
    ? undefined
    : async () => {
        const target = await startReal(assets);
        // The certificate that the server made for itself names this address.
        return { connection: connectionFrom({ server: target.baseUrl, ca: target.ca, token: target.token }), close: () => target.close() };
      },
);
