import { createApiServer } from '@kubecast/apiserver';
import { nobodyUser } from '@kubecast/apiserver/envtest';
import type { Target } from './target.ts';

export interface RunningTarget extends Target {
  /** Bearer token of a user without any roles. */
  readonly nobodyToken: string;
  close(): Promise<void>;
}

export async function startEmbedded(): Promise<RunningTarget> {
  const token = 'suite-token';
  const nobodyToken = 'suite-nobody';
  const server = createApiServer({ token, users: [{ name: nobodyUser, token: nobodyToken, uid: '2' }] });
  await server.listen();
  return { baseUrl: server.url, ca: server.ca, token, nobodyToken, close: () => server.close() };
}
