import type { ModelIndex } from '@kubecast/model-index';

/** Models that the page shows at most; beyond that it says how many more there are. */
const SHOWN = 500;

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}

const style = `
:root{color-scheme:light dark;--line:#8884;--dim:#888;--ok:#2a8a4a;--warn:#b8860b;--bad:#c0392b}
body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:1.5rem 0 .5rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
th{font-weight:600;color:var(--dim)}.dim{color:var(--dim)}.current,.ready{color:var(--ok)}.stale,.unverified{color:var(--warn)}.missing,.bad{color:var(--bad)}
code{font:13px ui-monospace,monospace}.wide{overflow-x:auto}
`;

/** The page for people: what this resolver holds, and what is wrong. Plain HTML without scripts; colours follow the system. */
export function statusPage(index: ModelIndex): string {
  const rows: string[] = [];
  let more = 0;
  for (const namespace of index.namespaces()) {
    const names = index.modelNames(namespace);
    const shown = names.slice(0, SHOWN - rows.length);
    more += names.length - shown.length;
    for (const name of shown) {
      const answer = index.resolve(namespace, name, { metadata: false });
      if (answer === undefined) continue;
      const endpoints = answer.endpoints.map((endpoint) => `<code>${escapeHtml(`${endpoint.address}:${endpoint.port}`)}</code>`).join(' ');
      const announced =
        answer.announcedVersion === undefined ? '' : ` <span class="dim">(announced: ${escapeHtml(answer.announcedVersion)})</span>`;
      const stale = answer.state === 'stale' ? ` ${(answer.staleForMs / 1000).toFixed(1)} s` : '';
      rows.push(
        `<tr><td>${escapeHtml(namespace)}</td><td>${escapeHtml(answer.app)} <span class="dim">${escapeHtml(answer.appVersion)}</span></td><td>${escapeHtml(answer.model)}</td>` +
          `<td>${escapeHtml(answer.version)}${announced}</td><td class="${answer.state}">${answer.state}${stale}</td><td>${endpoints === '' ? '<span class="dim">none</span>' : endpoints}</td></tr>`,
      );
    }
  }
  const sources = index
    .sources()
    .map(
      (source) =>
        `<tr><td>${source.kind}</td><td>${escapeHtml(source.namespace === '' ? 'all namespaces' : source.namespace)}</td>` +
        `<td class="${source.synced && source.state === 'Watching' ? 'ready' : 'bad'}">${source.state}</td><td>${escapeHtml(source.reason)}</td>` +
        `<td>${escapeHtml(source.resourceVersion)}</td><td>${Number.isFinite(source.ageMs) ? `${(source.ageMs / 1000).toFixed(1)} s` : ''}</td></tr>`,
    );
  const problems = index
    .problems()
    .slice(0, SHOWN)
    .map((problem) => `<tr><td class="bad">${problem.code}</td><td>${escapeHtml(problem.message)}</td></tr>`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta http-equiv="refresh" content="5">
<title>kubecast resolver</title><style>${style}</style></head><body>
<h1>kubecast resolver</h1>
<p class="${index.hasSynced ? 'ready' : 'bad'}">${index.hasSynced ? 'ready' : 'not ready yet'}, ${index.appCount} apps, ${index.modelCount} models</p>
<h2>Models</h2><div class="wide"><table><thead><tr><th>Namespace</th><th>App</th><th>Model</th><th>Version</th><th>State</th><th>Endpoints</th></tr></thead><tbody>
${rows.length === 0 ? '<tr><td colspan="6" class="dim">no AppModel announces a model here</td></tr>' : rows.join('\n')}
</tbody></table></div>${more > 0 ? `<p class="dim">and ${more} more</p>` : ''}
<h2>Watched</h2><div class="wide"><table><thead><tr><th>Kind</th><th>Where</th><th>State</th><th>Why</th><th>Version</th><th>Last word</th></tr></thead><tbody>
${sources.join('\n')}
</tbody></table></div>
${problems.length === 0 ? '' : `<h2>Problems</h2><div class="wide"><table><tbody>${problems.join('\n')}</tbody></table></div>`}
</body></html>
`;
}
