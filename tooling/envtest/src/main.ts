/**
 * `npm run envtest [-- --kubernetes 1.24]`: builds the real API servers for tests, once, and prints the folder for KUBEBUILDER_ASSETS. A
 * release that is named is built and kept beside the newest.
 */
import { parseArgs } from 'node:util';
import { buildAssets, findAssets } from './assets.ts';

try {
  const { values } = parseArgs({ options: { kubernetes: { type: 'string' } } });
  const folder = findAssets(values.kubernetes) ?? (await buildAssets((line) => console.error(line), values.kubernetes));
  console.log(folder);
} catch (error) {
  console.error(`envtest: ${(error as Error).message}`);
  process.exitCode = 1;
}
