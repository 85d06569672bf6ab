import { expect, test } from 'vitest';
import { fit, Panel, panelLines, type PanelState } from './panel.ts';

const state: PanelState = {
  title: 'kubecast',
  resolvers: [
    {
      name: 'resolver-1',
      url: 'http://127.0.0.1:1',
      state: 'ready',
      ageMs: 1500,
      apps: [
        {
          namespace: 'meta-test',
          name: 'iiot',
          version: '1',
          models: [
            { name: 'a', version: '2', state: 'current' },
            { name: 'b', version: '1', state: 'stale' },
          ],
        },
      ],
    },
  ],
  lastChange: { what: 'meta-test/iiot', ms: 4.25 },
  tryIt: ['curl http://127.0.0.1:1/'],
};

test('the panel names each resolver, app, model and version, and marks what is not current', () => {
  const text = panelLines(state, false).join('\n');
  expect(text).toContain('resolver-1 http://127.0.0.1:1 ready, 1.5 s since');
  expect(text).toContain('meta-test/iiot 1: a@2  b@1 (stale)');
  expect(text).toContain('last change: meta-test/iiot, 4.3 ms');
  expect(text).toContain('curl http://127.0.0.1:1/');
  expect(text).not.toContain('\u001B');
});

test('a line is cut to the width without counting colours or breaking a character', () => {
  expect(fit('\u001B[1mhello\u001B[0m', 3)).toBe('\u001B[1mhel\u001B[0m');
  expect(fit('héé😀x', 4)).toBe('héé😀\u001B[0m');
  expect(fit('short', 10)).toBe('short');
});

test('on a terminal a redraw takes away exactly the lines that it drew', () => {
  let written = '';
  const panel = new Panel({ isTTY: true, columns: 200, write: (text) => void (written += text) });
  panel.update(state);
  const drawn = written.split('\n').length - 1;
  written = '';
  panel.log('a step');
  expect(written.startsWith(`\u001B[${drawn}A\r\u001B[J`)).toBe(true);
  expect(written).toContain('a step\n');
  written = '';
  panel.update(state);
  expect(written).toBe('');
});

test('without a terminal the panel is printed only when it is asked for, and without escapes', () => {
  let written = '';
  const panel = new Panel({ isTTY: false, columns: 80, write: (text) => void (written += text) });
  panel.update(state);
  expect(written).toBe('');
  panel.print();
  expect(written).toContain('meta-test/iiot');
  expect(written).not.toContain('\u001B');
});
