import type { ServerResponse } from 'node:http';
import { pageNotFound } from '../status/status-error.ts';
import { writeBytes, type AnswerStyle } from './write-answer.ts';

const checks = ['ping', 'log', 'etcd', 'poststarthook/start-apiextensions-controllers', 'poststarthook/crd-informer-synced'];

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

/** GET /version, as kube-apiserver 1.36 says it; always indented. */
export const versionInfo: Record<string, string> = {
  major: '1', minor: '36', emulationMajor: '1', emulationMinor: '36', minCompatibilityMajor: '1', minCompatibilityMinor: '35',
  gitVersion: 'v1.36.3', gitCommit: '', gitTreeState: 'clean', buildDate: '2026-01-01T00:00:00Z', goVersion: 'go1.26.0', compiler: 'gc', platform: 'linux/amd64',
};
