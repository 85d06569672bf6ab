import { KeyProbe, type Numbers } from '../keys/key-probe.ts';
import { hasParts } from '../records/packed-record.ts';
import { offsetOf, slabNumberOf } from '../records/slabs.ts';
import type { LoadedImage } from '../records/store-image.ts';
import type { SharedWriter } from '../shared/shared-writer.ts';
import type { StoreView } from '../views/store-view.ts';
import type { ContentWriter } from './content-writer.ts';

/** Fills an empty store with what a file held. Keys make the order and the table, so they are compared now; the rest of a record when it is first read. */
export function loadImage<T>(
  image: LoadedImage,
  view: StoreView<T>,
  content: ContentWriter<T>,
  scopes: Numbers,
  shared: SharedWriter | undefined,
): void {
  const { table, order, slabs, clusters } = view;
  const probe = new KeyProbe(view.seed);
  for (const scope of image.scopes) scopes.of(scope);
  for (const cluster of image.clusters) clusters.of(cluster);
  for (const segment of image.segments) slabs.load(segment);
  const { rows } = image;
  const count = rows.length / 3;
  content.scopes = new Int32Array(Math.max(64, count));
  shared?.prepare({ hashes: hashesOf(rows), slots: count, removes: 0, entries: 0, clusters: clusters.texts() });
  for (let i = 0; i < count; i += 1) {
    const place = rows[i * 3] as number;
    const hash = rows[i * 3 + 1] as number;
    const next = i + 1 < count ? (rows[i * 3 + 3] as number) : -1;
    const slab = slabs.slab(place);
    const offset = offsetOf(place);
    // Places are those of the rows, so a length that was damaged is put right by them.
    slab.words[offset >> 2] =
      next >= 0 && slabNumberOf(next) === slabNumberOf(place) ? offsetOf(next) - offset : slab.bytes.length - offset;
    if (!hasParts(slab, offset, clusters.texts().length) || probe.fromRecord(slab, offset).hash !== hash) {
      view.damaged += 1;
      slabs.release(place);
      continue;
    }
    const slot = table.insert(hash, place);
    content.scopes[slot] = rows[i * 3 + 2] as number;
    order.append(slot);
    if (shared?.crowded) content.settle();
  }
  view.doubtAll();
  view.sequence = BigInt(count);
}

function hashesOf(rows: Int32Array): readonly number[] {
  const hashes: number[] = [];
  for (let i = 1; i < rows.length; i += 3) hashes.push(rows[i] as number);
  return hashes;
}
