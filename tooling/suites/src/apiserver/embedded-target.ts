import { createApiServer } from '@kubecast/apiserver';
import type { Target } from './target.ts';

export interface RunningTarget extends Target {
  close(): Promise<void>;
}

export async function startEmbedded(): Promise<RunningTarget> {
  const token = 'suite-token';
  const server = createApiServer({ token });
  await server.listen();
  return { baseUrl: server.url, ca: server.ca, token, close: () => server.close() };
}
