#!/usr/bin/env node
import process from 'node:process';
import { createApiServer, type ApiServer } from './api-server.ts';
import { help, parseFlags, UsageError, type Flags } from './cli.ts';
import { isApiServerError } from './errors.ts';

async function main(): Promise<void> {
  const flags = readFlags();
  if (flags === undefined) return;
  if (flags.help) {
    process.stdout.write(help);
    return;
  }
  const server = createApiServer({
    kubernetes: flags.kubernetes,
    authorization: flags.authorization,
    port: flags.port,
    host: flags.host,
    ...(flags.data === undefined ? {} : { data: flags.data }),
    ...(flags.token === undefined ? {} : { token: flags.token }),
  });
  try {
    await server.listen();
    if (flags.writeKubeconfig !== undefined) writeKubeconfig(server, flags.writeKubeconfig);
  } catch (error) {
    await server.close();
    fail(1, error instanceof Error ? error.message : String(error), isApiServerError(error) ? undefined : error);
    return;
  }
  endOnSignals(server, flags);
  process.stdout.write(
    `kubecast-apiserver ready at ${server.url}${flags.writeKubeconfig === undefined ? '' : ` with kubeconfig ${flags.writeKubeconfig}`}\n`,
  );
}

function writeKubeconfig(server: ApiServer, file: string): void {
  try {
    server.writeKubeconfig(file);
  } catch (error) {
    throw new Error(`--write-kubeconfig ${file}: it cannot be written: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function readFlags(): Flags | undefined {
  try {
    return parseFlags(process.argv.slice(2), process.env);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    fail(2, error.message);
    return undefined;
  }
}

function fail(code: number, message: string, unexpected?: unknown): void {
  process.stderr.write(`kubecast-apiserver: ${message}\n`);
  if (unexpected instanceof Error && process.env['KUBECAST_DEBUG'] !== undefined) process.stderr.write(`${unexpected.stack}\n`);
  process.exitCode = code;
}

function endOnSignals(server: ApiServer, flags: Flags): void {
  let ending = false;
  const end = (): void => {
    if (ending) return;
    ending = true;
    void server.close().then(
      () => process.exit(0),
      (error: unknown) => {
        fail(1, String(error));
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  if (!flags.exitWithStdin) return;
  process.stdin.on('end', end);
  process.stdin.on('close', end);
  process.stdin.on('error', end);
  process.stdin.resume();
}

await main();
