const certificates = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;
const privateKey = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----[\s\S]*?-----END (?:[A-Z]+ )?PRIVATE KEY-----/;

/** A client certificate, with what stands between it and its authority, and its key. PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/**
 * The certificates of a PEM text that can be read; `''`: none. What stands between them is passed over, and so is one that is broken, as in Go; some
 * runtimes would refuse the whole, others trust nobody without a word.
 */
export async function authoritiesOf(text: string): Promise<string> {
  const { X509Certificate } = await import('node:crypto');
  const good = (text.match(certificates) ?? []).filter((block) => {
    try {
      return new X509Certificate(block).raw.length > 0;
    } catch {
      return false;
    }
  });
  return good.length === 0 ? '' : `${good.join('\n')}\n`;
}

/** A certificate and a key that belong together; else why they do not. Either text may hold both, and comments. */
export async function keyPairOf(cert: string, key: string): Promise<KeyPair | string> {
  const { createPrivateKey, X509Certificate } = await import('node:crypto');
  const chain = cert.match(certificates) ?? [];
  const [own] = privateKey.exec(key) ?? [];
  if (chain[0] === undefined) return 'the client certificate is no PEM';
  if (own === undefined) return 'the client key is no PEM';
  let leaf: InstanceType<typeof X509Certificate>;
  let secret: ReturnType<typeof createPrivateKey>;
  try {
    leaf = new X509Certificate(chain[0]);
  } catch {
    return 'the client certificate cannot be read';
  }
  try {
    secret = createPrivateKey(own);
  } catch {
    return 'the client key cannot be read; one with a passphrase cannot be used';
  }
  if (!leaf.checkPrivateKey(secret)) return 'the client key is not that of the client certificate';
  return { cert: `${chain.join('\n')}\n`, key: `${own}\n` };
}
