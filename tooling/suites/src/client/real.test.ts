import { connectionFrom } from '@kubecast/client';
import { realAssets, startReal } from '../apiserver/real-target.ts';
import { clientSuite } from './client-suite.ts';

// Skipped where kube-apiserver and etcd are not built and KUBEBUILDER_ASSETS names no folder with them; CI must have them.
const assets = realAssets();
if (assets === undefined) {
  const notice = 'the client on the real API server: there is none; npm run envtest builds it, or KUBEBUILDER_ASSETS names its folder';
  if ((process.env['CI'] ?? '') !== '') throw new Error(notice);
  console.warn(`NOT RUN: ${notice}`);
}

const start =
  assets === undefined
    ? undefined
    : async () => {
        const target = await startReal(assets);
        // The certificate that the server made for itself names this address.
        return { connection: connectionFrom({ server: target.baseUrl, ca: target.ca, token: target.token }), close: () => target.close() };
      };
clientSuite('real', start);
clientSuite('real', start, 2);
