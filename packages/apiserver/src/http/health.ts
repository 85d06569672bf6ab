import type { ServerResponse } from 'node:http';
import { pageNotFound } from '../status/status-error.ts';
import { writeBytes, type AnswerStyle } from './answers/write-answer.ts';

const checks = ['ping', 'log', 'etcd', 'poststarthook/start-apiextensions-controllers', 'poststarthook/crd-informer-synced'];

/** The paths of health, each check's too. */
export const healthPaths: readonly string[] = ['/healthz', '/livez', '/readyz'].flatMap((path) => [
  path,
  ...checks.map((check) => `${path}/${check}`),
]);

/** /healthz, /livez and /readyz, their single checks, `?verbose` and `?exclude=`. */
export function writeHealth(response: ServerResponse, pathname: string, query: URLSearchParams, style: AnswerStyle): void {
  const [, endpoint = '', ...rest] = pathname.split('/');
  const check = rest.join('/');
  if (check !== '' && !checks.includes(check)) throw pageNotFound();
  let text = 'ok';
  if (check === '' && query.has('verbose')) {
    const excluded = new Set(query.getAll('exclude'));
    const lines = checks.map((name) => (excluded.has(name) ? `[+]${name} excluded: ok` : `[+]${name} ok`));
    text = `${lines.join('\n')}\n${endpoint} check passed\n`;
  }
  response.setHeader('X-Content-Type-Options', 'nosniff');
  writeBytes(response, 200, 'text/plain; charset=utf-8', Buffer.from(text), style);
}
