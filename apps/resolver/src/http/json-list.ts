import type { ServerResponse } from 'node:http';

/** Items that are made and written in one turn of the event loop. */
const STEP = 200;

/**
 * Answers `{...head, name: [items]}` step by step: the items are made when they are written, others get their turn in between, and a slow
 * reader is waited for. An item that is gone by then is left out.
 */
export async function sendJsonList(
  response: ServerResponse,
  head: Readonly<Record<string, unknown>>,
  name: string,
  count: number,
  item: (i: number) => unknown,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  const start = JSON.stringify(head);
  let text = `${start.slice(0, -1)}${start === '{}' ? '' : ','}${JSON.stringify(name)}:[`;
  let first = true;
  for (let i = 0; i < count; i += 1) {
    const value = item(i);
    if (value !== undefined) {
      text += `${first ? '' : ','}${JSON.stringify(value)}`;
      first = false;
    }
    if (i % STEP !== STEP - 1) continue;
    if (!(await written(response, text))) return;
    text = '';
  }
  response.end(`${text}]}\n`);
}

/** Resolves in a later turn, once there is room again; false if the reader is gone. */
function written(response: ServerResponse, text: string): Promise<boolean> {
  return new Promise((resolve) => {
    if (response.destroyed) {
      resolve(false);
      return;
    }
    if (response.write(text)) {
      setImmediate(() => resolve(!response.destroyed));
      return;
    }
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve(!response.destroyed);
    };
    response.on('drain', done);
    response.on('close', done);
  });
}
