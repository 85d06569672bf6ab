import type { Environment } from '@marcbachmann/cel-js';

/** A URL in its parts, as Go reads the URI of a request: absolute, or a path. */
class Url {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;

  constructor(scheme: string, host: string, path: string, query: string) {
    this.scheme = scheme;
    this.host = host;
    this.path = path;
    this.query = query;
  }

  static parse(text: string): Url | undefined {
    if (/[\0-\x20\x7f]/u.test(text.replaceAll(' ', '')) || /%(?![0-9A-Fa-f]{2})/u.test(text.split('?')[0] ?? '')) return undefined;
    const match = /^(?:([A-Za-z][A-Za-z0-9+.-]*):(?=.))?(?:\/\/([^/?]*))?([^?]*)(?:\?(.*))?$/su.exec(text);
    if (match === null) return undefined;
    const [, scheme = '', authority = '', path = '', query = ''] = match;
    if (scheme === '' && !text.startsWith('/')) return undefined;
    const host = authority.slice(authority.lastIndexOf('@') + 1);
    if (!/^(?:\[[0-9A-Fa-f:.%]+\]|[^[\]: #<>"^`{}|\\]*)(?::\d*)?$/u.test(host)) return undefined;
    return new Url(scheme.toLowerCase(), host, path, query);
  }

  get hostname(): string {
    return this.host.replace(/:\d*$/u, '').replace(/^\[(.*)\]$/u, '$1');
  }

  get port(): string {
    return /:(\d*)$/u.exec(this.host)?.[1] ?? '';
  }

  get values(): Map<string, string[]> {
    const values = new Map<string, string[]>();
    for (const [name, value] of new URLSearchParams(this.query)) {
      const known = values.get(name);
      if (known === undefined) values.set(name, [value]);
      else known.push(value);
    }
    return values;
  }
}

/** Kubernetes' functions on URLs. */
export function registerUrls(env: Environment): void {
  const type = 'kubernetes.URL';
  env.registerType(type, Url);
  env.registerFunction('isURL(string): bool', (text: string) => Url.parse(text) !== undefined);
  env.registerFunction(`url(string): ${type}`, (text: string) => {
    const parsed = Url.parse(text);
    if (parsed === undefined)
      throw new Error(`URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`);
    return parsed;
  });
  env.registerOperator(`${type} == ${type}`, (a: Url, b: Url) => JSON.stringify(a) === JSON.stringify(b));
  env.registerFunction(`${type}.getScheme(): string`, ({ scheme }: Url) => scheme);
  env.registerFunction(`${type}.getHost(): string`, ({ host }: Url) => host);
  env.registerFunction(`${type}.getHostname(): string`, ({ hostname }: Url) => hostname);
  env.registerFunction(`${type}.getPort(): string`, ({ port }: Url) => port);
  env.registerFunction(`${type}.getEscapedPath(): string`, ({ path }: Url) => path.replaceAll(' ', '%20'));
  env.registerFunction(`${type}.getQuery(): map<string, list<string>>`, ({ values }: Url) => values);
}
