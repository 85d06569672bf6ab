/** `npm start`: see flags.ts for what it takes, and README.md for what it shows. */
import { Demo } from './demo.ts';
import { parseFlags, usage, UsageError, type Flags } from './flags.ts';
import { showUntil } from './interactive.ts';
import { Panel } from './panel.ts';
import { runScenario } from './run-scenario.ts';
import { metadata, sample } from './scenario/samples.ts';
import { lookAt } from './watch-pictures.ts';
import type { Report } from './report.ts';

const WARN = 40;

async function main(flags: Flags): Promise<number> {
  const stop = new AbortController();
  let signals = 0;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      signals += 1;
      // The second one is impatience: the children end themselves when their stdin closes.
      if (signals > 1) process.exit(130);
      stop.abort(new Error(`ended by ${name}`));
    });
  }
  // With --json stdout is for the result alone.
  const out = flags.once ? process.stderr : process.stdout;
  const panel = new Panel({ isTTY: out.isTTY && !flags.once, columns: out.columns ?? 120, write: (text) => void out.write(text) });
  let died = '';
  const demo = new Demo(flags, {
    step: (line) => panel.log(line),
    log: (line) => {
      const why = line.fields['err'] ?? line.fields['error'] ?? line.fields['reason'] ?? '';
      if (flags.verbose || line.level >= (flags.once ? 60 : WARN))
        panel.log(`[${line.process}] ${line.msg}${why === '' ? '' : `: ${typeof why === 'string' ? why : JSON.stringify(why)}`}`);
    },
    died: (name, how) => {
      died = `${name} ${how}`;
      panel.log(`${name} ${how}, though nobody asked it to; ending everything`);
      stop.abort(new Error(died));
    },
  });
  try {
    await demo.start(stop.signal);
    if (flags.once) {
      const report: Report = await runScenario(demo.world, flags.changes, stop.signal);
      await demo.close();
      const failed = report.steps.filter((step) => !step.ok);
      panel.log(
        `${report.steps.length - failed.length} of ${report.steps.length} steps held${failed.length === 0 ? '' : `; not: ${failed.map((step) => step.name).join('; ')}`}`,
      );
      if (flags.json) process.stdout.write(`${JSON.stringify({ ...report, ok: report.ok && died === '' && !stop.signal.aborted })}\n`);
      return report.ok && died === '' && !stop.signal.aborted ? 0 : 1;
    }
    return await interactive(flags, demo, panel, stop.signal);
  } catch (error) {
    if (signals === 0) panel.log(`npm start: ${(error as Error).message}`);
    if (flags.json)
      process.stdout.write(
        `${JSON.stringify({ ok: false, steps: [], propagationMs: null, resolvers: 0, models: 0, error: (error as Error).message })}\n`,
      );
    return signals > 0 ? 130 : 1;
  } finally {
    panel.close();
    if (signals > 0) panel.log('ending ...');
    await demo.close();
    if (signals > 0) panel.log('everything has ended');
  }
}

async function interactive(flags: Flags, demo: Demo, panel: Panel, signal: AbortSignal): Promise<number> {
  const { world, client } = demo;
  const own = flags.kubeconfig === undefined;
  if (own) {
    for (const name of ['iiot', 'newsdkapp'] as const) {
      const start = performance.now();
      await world.publish(sample(name, world.namespace), metadata);
      panel.log(`${name} is published: values in Redis, AppModel applied (${Math.round(performance.now() - start)} ms)`);
    }
  }
  const [first] = world.resolvers;
  const base = `${first?.url}/v1/namespaces/${world.namespace}`;
  const kubectl = `kubectl --kubeconfig ${demo.kubeconfig}${flags.context === undefined ? '' : ` --context ${flags.context}`}`;
  const tryIt = [
    `curl ${base}/models/iiot_dataservice`,
    `curl ${base}/apps/iiot`,
    ...(own ? [`curl ${base}/models/iiot_dataservice/call/hello`] : []),
    `${kubectl} get appmodels -A`,
    `${kubectl} -n ${world.namespace} edit appmodel iiot`,
    `open ${first?.url}/ in a browser`,
  ];
  const title = own ? `kubecast: a cluster in miniature, its kubeconfig is ${demo.kubeconfig}` : `kubecast on ${flags.kubeconfig}`;
  if (process.stdout.isTTY) {
    // Above the panel, where they are never cut to the terminal's width and can be pasted.
    for (const line of ['', 'try:', ...tryIt.map((each) => `  ${each}`)]) panel.log(line);
  } else {
    panel.update({ title, resolvers: await Promise.all(world.resolvers.map((resolver) => lookAt(resolver, world.namespace))), tryIt });
    panel.print();
  }
  await showUntil(world, client, panel, title, signal);
  return signal.reason instanceof Error && signal.reason.message.startsWith('ended by SIG') ? 0 : 1;
}

try {
  const flags = parseFlags(process.argv.slice(2));
  if (flags.help) process.stdout.write(usage);
  else process.exitCode = await main(flags);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`npm start: ${error.message}`);
  process.exitCode = 2;
}
