/**
 * The proxy that the environment names for a server, as Go's clients and so kubectl take it: HTTPS_PROXY or HTTP_PROXY by the server's scheme, in
 * capitals or not, unless NO_PROXY names the host; loopback never. `''`: none. NO_PROXY: names (with all below them), `.name` (only those below
 * it), addresses, blocks of addresses (CIDR), each with a port or without, or `*`.
 */
export async function environmentProxy(server: string, env: Readonly<Record<string, string | undefined>>): Promise<string> {
  let url: URL;
  try {
    url = new URL(server);
  } catch {
    return '';
  }
  const secure = url.protocol === 'https:';
  const proxy = secure ? variable(env, 'HTTPS_PROXY') : variable(env, 'HTTP_PROXY');
  if (proxy === '') return '';
  const { BlockList, isIP } = await import('node:net');
  const host = bare(url.hostname).toLowerCase();
  const family = isIP(host);
  const kind = family === 6 ? 'ipv6' : 'ipv4';
  const port = url.port || (secure ? '443' : '80');
  const within = (address: string, bits: number): boolean => {
    const list = new BlockList();
    list.addSubnet(address, bits, isIP(address) === 6 ? 'ipv6' : 'ipv4');
    return list.check(host, kind);
  };
  if (host === 'localhost' || (family === 4 && within('127.0.0.0', 8)) || host === '::1') return '';
  for (const entry of variable(env, 'NO_PROXY').split(',')) {
    const pattern = entry.trim().toLowerCase();
    if (pattern === '') continue;
    if (pattern === '*') return '';
    const [, block = '', bits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(pattern) ?? [];
    if (block !== '' && isIP(block) > 0) {
      if (family > 0 && Number(bits) <= (isIP(block) === 6 ? 128 : 32) && within(block, Number(bits))) return '';
      continue;
    }
    const [name, only] = isIP(pattern) > 0 ? [pattern, ''] : withPort(pattern);
    if (only !== '' && only !== port) continue;
    const address = bare(name);
    if (isIP(address) > 0) {
      if (family === isIP(address) && within(address, family === 6 ? 128 : 32)) return '';
      continue;
    }
    const below = name.replace(/^\*(?=\.)/, '');
    if (below.startsWith('.') ? host.endsWith(below) : host === below || host.endsWith(`.${below}`)) return '';
  }
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

function variable(env: Readonly<Record<string, string | undefined>>, name: string): string {
  return env[name] || env[name.toLowerCase()] || '';
}

function withPort(pattern: string): [name: string, port: string] {
  const [, name = pattern, port = ''] = /^(.*):(\d+)$/.exec(pattern) ?? [];
  return [name, port];
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}
