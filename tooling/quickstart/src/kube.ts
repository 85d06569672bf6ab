import { isStatusError, type KubernetesClient } from '@kubecast/client';
import type { Kube, KubeAnswer } from './world.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

async function text(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let out = '';
  for await (const chunk of chunks) out += decoder.decode(chunk, { stream: true });
  return out + decoder.decode();
}

/** The API server by paths and JSON; a refusal is an answer like any other. */
export function kubeOf(client: KubernetesClient): Kube {
  return {
    async request(method, path, options = {}): Promise<KubeAnswer> {
      try {
        const answer = await client.raw({
          method: method as Method,
          path,
          ...(options.body === undefined
            ? {}
            : { body: JSON.stringify(options.body), contentType: options.contentType ?? 'application/json' }),
          requestMs: 10_000,
        });
        return {
          status: answer.statusCode,
          warnings: answer.warnings,
          json: JSON.parse(await text(answer.chunks)) as Record<string, unknown>,
        };
      } catch (error) {
        if (!isStatusError(error)) throw error;
        return {
          status: error.statusCode,
          warnings: error.warnings,
          json: { message: error.serverMessage, reason: error.reason, details: { ...error.details, causes: error.causes } },
        };
      }
    },
  };
}
