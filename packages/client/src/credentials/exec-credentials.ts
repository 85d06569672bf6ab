import type { Clock } from '@kubecast/clock';
import type { Credentials, CredentialSource } from '../connection/connection.ts';
import { CredentialsError } from '../errors.ts';
import type { ExecConfig } from '../kubeconfig/exec-config.ts';
import { aheadMs } from './jwt-expiry.ts';
import { keptCredentials } from './kept-credentials.ts';
import { type KeyPair, keyPairOf } from './pem.ts';
import { isRecord, textOf } from '../kubeconfig/fields.ts';
import { redact } from '../redact.ts';
import { runPlugin } from './run-plugin.ts';

/** How an exec plugin is run, and for which cluster. */
export interface ExecPlugin {
  readonly origin: string;
  /** Names the user in errors. */
  readonly what: string;
  readonly exec: ExecConfig;
  /** `spec.cluster` of what the plugin is told, where it asks for that. */
  readonly cluster: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Whether a person can be asked: standard input is a terminal. */
  readonly terminal: boolean;
  /** How long one run may take; with a terminal ten times as long. 0: no limit. */
  readonly limitMs: number;
}

interface Given {
  readonly credentials: Credentials;
  /** Milliseconds since the epoch; Infinity: until the server refuses them. */
  readonly expiresAt: number;
}

/**
 * Credentials of an exec plugin (client.authentication.k8s.io): a token, a client certificate, or both. They are kept until they expire, or
 * the server refuses them; one run serves all who wait for it. Run by ourselves on node:child_process:
 * client-node 2.0.1 tells the plugin nothing of the cluster, sets no deadline and puts whatever it prints into its error.
 */
export function execCredentials(plugin: ExecPlugin): CredentialSource {
  let given: Given | undefined;
  return keptCredentials(
    () => (given !== undefined && plugin.clock.wall() < given.expiresAt - aheadMs ? given.credentials : undefined),
    async () => {
      given = undefined;
      given = await ask(plugin);
      return given.credentials;
    },
  );
}

async function ask(plugin: ExecPlugin): Promise<Given> {
  const { exec } = plugin;
  if (exec.interactiveMode === 'Always' && !plugin.terminal)
    throw failed(plugin, 'it wants to ask a person (interactiveMode Always), and standard input is no terminal');
  const interactive = exec.interactiveMode !== 'Never' && plugin.terminal;
  const info = {
    kind: 'ExecCredential',
    apiVersion: exec.apiVersion,
    spec: { interactive, ...(exec.provideClusterInfo ? { cluster: plugin.cluster } : {}) },
  };
  const limitMs = interactive ? plugin.limitMs * 10 : plugin.limitMs;
  const ended = await runPlugin(
    {
      command: exec.command,
      args: exec.args,
      env: new Map([...inherited(plugin.env), ...exec.env, ['KUBERNETES_EXEC_INFO', JSON.stringify(info)]]),
      interactive,
      limitMs,
    },
    plugin.clock,
  );
  if (ended.how === 'not-started') {
    const lacking = ended.code === 'ENOENT';
    // The system says the same of a script whose first line names an interpreter that is not there.
    const missing = (await isThere(exec.command)) ? 'the interpreter that its first line names is not there' : 'there is no such command';
    const hint = lacking && exec.installHint !== '' ? `. ${exec.installHint}` : '';
    throw failed(plugin, `${lacking ? missing : `it cannot be run (${ended.code})`}${hint}`);
  }
  if (ended.how === 'too-large') throw failed(plugin, 'it printed more than a credential can be');
  if (ended.how === 'too-long') throw failed(plugin, `it did not end within ${limitMs} ms${said(plugin, ended.stderr, ended.stdout)}`);
  if (ended.status !== '0') throw failed(plugin, `it ended with ${ended.status}${said(plugin, ended.stderr, ended.stdout)}`);
  return readCredential(plugin, ended.stdout);
}

async function isThere(command: string): Promise<boolean> {
  const { access } = await import('node:fs/promises');
  return (
    /[/\\]/.test(command) &&
    access(command).then(
      () => true,
      () => false,
    )
  );
}

function inherited(env: Readonly<Record<string, string | undefined>>): [string, string][] {
  return Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as [string, string]]));
}

/** What the plugin printed is never quoted: where it is no ExecCredential it may be a token all the same. */
async function readCredential(plugin: ExecPlugin, stdout: string): Promise<Given> {
  let value: unknown;
  try {
    value = JSON.parse(stdout);
  } catch {
    // client-go takes YAML too.
    const { readGoYaml } = await import('../kubeconfig/go-yaml.ts');
    value = await readGoYaml(new TextEncoder().encode(stdout)).catch(() => undefined);
    if (!isRecord(value)) throw failed(plugin, 'it printed neither JSON nor YAML; expected an ExecCredential');
  }
  const { apiVersion } = plugin.exec;
  if (!isRecord(value) || value['kind'] !== 'ExecCredential') throw failed(plugin, 'what it printed is no ExecCredential');
  if (value['apiVersion'] !== apiVersion)
    throw failed(plugin, `it answered in another apiVersion than the ${apiVersion} that the kubeconfig asks for`);
  const status = isRecord(value['status']) ? value['status'] : {};
  const token = textOf(status['token']);
  const cert = textOf(status['clientCertificateData']);
  const key = textOf(status['clientKeyData']);
  if ((cert === '') !== (key === '')) throw failed(plugin, 'it gave a client certificate or its key, but not both');
  if (token === '' && cert === '') throw failed(plugin, 'it gave neither a token nor a client certificate');
  const expiry = status['expirationTimestamp'] ?? undefined;
  const expiresAt = expiry === undefined ? Number.POSITIVE_INFINITY : timeOf(expiry);
  if (Number.isNaN(expiresAt)) throw failed(plugin, 'its expirationTimestamp is no time; expected RFC 3339');
  let pair: KeyPair | undefined;
  if (cert !== '') {
    const read = await keyPairOf(cert, key);
    if (typeof read === 'string') throw failed(plugin, read);
    pair = read;
  }
  return { credentials: { ...(token === '' ? {} : { token }), ...pair }, expiresAt };
}

/** RFC 3339 alone, as client-go reads it: Date.parse takes a date without a time, and one without an offset for the time of this machine. NaN: it is none. */
function timeOf(value: unknown): number {
  const whole = typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(value);
  return whole ? Date.parse(value.replace(/[.,]\d+/, '')) : Number.NaN;
}

/** The end of what it wrote for people, without what may be a secret. */
function said(plugin: ExecPlugin, stderr: string, stdout: string): string {
  const secrets = [...plugin.exec.env.values(), ...plugin.exec.args, ...textsOf(stdout)].filter((text) => text.length >= 8);
  const text = redact(stderr, secrets).trim().replace(/\s+/g, ' ');
  if (text === '') return '';
  return `: ${text.length > 500 ? `...${text.slice(-500)}` : text}`;
}

function textsOf(stdout: string): string[] {
  const texts: string[] = [];
  try {
    JSON.parse(stdout, (_, value: unknown) => {
      if (typeof value === 'string') texts.push(value);
      return value;
    });
  } catch {
    texts.push(...stdout.split(/\s+/));
  }
  return texts;
}

function failed(plugin: ExecPlugin, why: string): CredentialsError {
  return new CredentialsError(
    `${plugin.origin}: the plugin ${JSON.stringify(plugin.exec.command)} of ${plugin.what} gave no credentials: ${why}`,
  );
}
