import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { isIP } from 'node:net';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const day = 86_400_000;

/** A private certificate authority, as PEM. Whoever has the key can speak for the server. */
export interface Authority {
  readonly certificate: string;
  readonly key: string;
}

export interface IssuedCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** A new authority, valid for ten years. */
export async function createAuthority(now: number): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: 'CN=kubecast-apiserver-ca',
    notBefore: new Date(now - day),
    notAfter: new Date(now + 3650 * day),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: pem(certificate.toString('pem')), key: await keyPem(keys.privateKey) };
}

/** A certificate of the authority for these names and addresses. */
export function issueServerCertificate(authority: Authority, names: readonly string[], now: number): Promise<IssuedCertificate> {
  const alternatives = new x509.SubjectAlternativeNameExtension(
    names.map((name) => ({ type: isIP(name) === 0 ? ('dns' as const) : ('ip' as const), value: name })),
  );
  return issue(
    authority,
    'CN=kubecast-apiserver',
    [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]), alternatives],
    now,
  );
}

/** A certificate that a client shows: its common name is the user, its organizations are the groups (Kubernetes' x509 authentication). */
export function issueClientCertificate(
  authority: Authority,
  user: string,
  groups: readonly string[],
  now: number,
): Promise<IssuedCertificate> {
  const name = [{ CN: [user] }, ...groups.map((group) => ({ O: [group] }))];
  return issue(authority, name, [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])], now);
}

/** A pair of keys by itself: what service account tokens are signed with, and checked. */
export async function createSigningKeys(): Promise<{ readonly publicKey: string; readonly privateKey: string }> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  return {
    publicKey: pemText('PUBLIC KEY', await crypto.subtle.exportKey('spki', keys.publicKey)),
    privateKey: await keyPem(keys.privateKey),
  };
}

async function issue(
  authority: Authority,
  subject: string | x509.JsonName,
  usage: readonly x509.Extension[],
  now: number,
): Promise<IssuedCertificate> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const signingKey = await crypto.subtle.importKey('pkcs8', pemBytes(authority.key), algorithm, false, ['sign']);
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject,
    issuer: issuer.subject,
    notBefore: new Date(now - day),
    notAfter: new Date(now + 3650 * day),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
      ...usage,
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { certificate: pem(certificate.toString('pem')), key: await keyPem(keys.privateKey) };
}

/** A positive serial number of 16 bytes. */
function serial(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] as number) & 0x7f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}

const pem = (text: string): string => `${text.trim()}\n`;

async function keyPem(key: CryptoKey): Promise<string> {
  return pemText('PRIVATE KEY', await crypto.subtle.exportKey('pkcs8', key));
}

function pemText(label: string, bytes: ArrayBuffer): string {
  const body = Buffer.from(bytes)
    .toString('base64')
    .replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
}

function pemBytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(text.replace(/-----[^-]+-----|\s/g, ''), 'base64'));
}
