#!/usr/bin/env node
import process from 'node:process';
import { pino } from 'pino';
import { createShutdown, FlagError } from '@kubecast/runtime';
import { helpText, readFlags, type ResolverFlags } from './flags.ts';
import { runResolver } from './run.ts';

async function main(): Promise<number> {
  let flags: ResolverFlags | 'help';
  try {
    flags = readFlags(process.argv.slice(2), process.env);
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    process.stderr.write(`kubecast-resolver: ${error.message}\n`);
    return 2;
  }
  if (flags === 'help') {
    process.stdout.write(helpText());
    return 0;
  }
  const log = pino({ level: flags.logLevel, base: null });
  const shutdown = createShutdown({ withStdin: flags.exitWithStdin, onStop: (why) => log.info({ why }, 'stopping') });
  try {
    return await runResolver(flags, log, shutdown);
  } catch (error) {
    // What keeps it from starting is told in words; the stack is for those who ask.
    const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
    log.fatal({ ...(log.isLevelEnabled('debug') ? { stack } : {}), code: (error as { code?: unknown }).code }, message);
    process.stderr.write(`kubecast-resolver: ${message}\n`);
    return 1;
  }
}

// Timers and sockets of libraries may outlive their use: the status decides, not they.
process.exit(await main());
