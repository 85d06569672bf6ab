import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';

export const hasKubectl: boolean = spawnSync('kubectl', ['version', '--client'], { stdio: 'ignore' }).status === 0;

export const samples: string = join(import.meta.dirname, '../../../../samples');

/** A server that kubectl talks to, and a folder of its own for files and the discovery cache. */
export interface KubectlServer {
  readonly kubeconfig: string;
  readonly folder: string;
}

export interface Kubectl {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface KubectlOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const common = (server: KubectlServer): string[] => ['--kubeconfig', server.kubeconfig, '--cache-dir', join(server.folder, 'cache')];

function environment(server: KubectlServer, options: KubectlOptions): NodeJS.ProcessEnv {
  return { ...process.env, ...options.env, HOME: server.folder, KUBECONFIG: '' };
}

/** Runs kubectl with its discovery cache in the server's own folder, so that nothing from another test is seen. */
export function kubectl(server: KubectlServer, args: readonly string[], options: KubectlOptions = {}): Promise<Kubectl> {
  return new Promise((resolve) => {
    const child = execFile(
      'kubectl',
      [...common(server), ...args],
      { env: environment(server, options), timeout: 60_000, maxBuffer: 64 << 20 },
      (error, stdout, stderr) => resolve({ status: error ? (typeof error.code === 'number' ? error.code : -1) : 0, stdout, stderr }),
    );
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input ?? '');
  });
}

/** kubectl as the tests of one server use it. */
export class Shell {
  readonly server: KubectlServer;
  #files = 0;

  constructor(server: KubectlServer) {
    this.server = server;
  }

  run(args: readonly string[], options: KubectlOptions = {}): Promise<Kubectl> {
    return kubectl(this.server, args, options);
  }

  /** What it printed; fails with that unless it succeeded. */
  async ok(args: readonly string[], options: KubectlOptions = {}): Promise<string> {
    const { status, stdout, stderr } = await this.run(args, options);
    expect(status, `kubectl ${args.join(' ')}\n${stdout}${stderr}`).toBe(0);
    return stdout;
  }

  /** What it printed on failing; fails if it succeeded. */
  async refused(args: readonly string[], options: KubectlOptions = {}): Promise<string> {
    const { status, stdout, stderr } = await this.run(args, options);
    expect(status, `kubectl ${args.join(' ')} should have failed\n${stdout}${stderr}`).not.toBe(0);
    return stderr;
  }

  /** The requests that it made, as `GET /api/v1/namespaces?limit=500 200`, in their order. */
  async requests(args: readonly string[], options: KubectlOptions = {}): Promise<string[]> {
    const { stderr } = await this.run(['-v=6', ...args], options);
    // In the words of kubectl to 1.32, and of later ones.
    const lines = /\b([A-Z]+) https:\/\/[^/\s]+(\S+) (\d{3})|verb="([A-Z]+)" url="https:\/\/[^/"]+([^"]+)" status="(\d{3})/g;
    return [...stderr.matchAll(lines)].map((one) => `${one[1] ?? one[4]} ${one[2] ?? one[5]} ${one[3] ?? one[6]}`);
  }

  /** The managers of an object's fields as `kubectl-label Update`, sorted. */
  async managers(...object: readonly string[]): Promise<string[]> {
    const text = await this.ok(['get', ...object, '-o', 'json', '--show-managed-fields']);
    const { metadata } = JSON.parse(text) as { metadata: { managedFields?: { manager: string; operation: string }[] } };
    return (metadata.managedFields ?? []).map(({ manager, operation }) => `${manager} ${operation}`).sort();
  }

  /** Writes a file into the server's folder and gives its path. */
  file(text: string, name = 'file.yaml', mode = 0o600): string {
    const path = join(this.server.folder, `${this.#files++}-${name}`);
    writeFileSync(path, text, { mode });
    return path;
  }

  /** Starts one that runs until it is ended, as `get -w` does. */
  follow(args: readonly string[]): Following {
    return new Following(
      spawn('kubectl', [...common(this.server), ...args], { env: environment(this.server, {}), stdio: ['ignore', 'pipe', 'pipe'] }),
    );
  }
}

/** Makes a test of what runs with a shell. */
export type Each = (name: string, run: (shell: Shell) => Promise<void>) => void;

/** A kubectl that follows, line by line. */
export class Following {
  readonly #child: ChildProcess;
  #text = '';
  #wake: (() => void) | undefined;
  #ended = false;

  constructor(child: ChildProcess) {
    this.#child = child;
    const take = (bytes: Buffer): void => {
      this.#text += bytes.toString();
      this.#wake?.();
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.on('close', () => {
      this.#ended = true;
      this.#wake?.();
    });
  }

  /** Waits until it has printed this; gives all that it printed so far. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.#text)) {
      if (this.#ended) throw new Error(`kubectl ended before it printed ${String(pattern)}:\n${this.#text}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#text;
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
}
