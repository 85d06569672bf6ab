import { isObject } from '@kubecast/crd';
import type { Allocator } from '../served-resource.ts';
import { parseStored } from './stored-object.ts';
import type { Storage } from './storage.ts';

/** Hands out cluster IPs of 10.96.0.0/16 and node ports that no stored Service has. */
export class Allocations implements Allocator {
  readonly #storage: Storage;
  #lastIP = 1;
  #lastPort = 0;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  clusterIP(): string {
    const taken = this.#taken().ips;
    for (let tries = 0; tries < 65_000; tries++) {
      this.#lastIP = (this.#lastIP % 65_000) + 1;
      const ip = `10.96.${this.#lastIP >> 8}.${this.#lastIP & 255}`;
      if (!taken.has(ip) && (this.#lastIP & 255) !== 0) return ip;
    }
    throw new Error('failed to allocate a serviceIP: range is full');
  }

  nodePort(): number {
    const taken = this.#taken().ports;
    for (let tries = 0; tries < 2768; tries++) {
      this.#lastPort = (this.#lastPort + 1) % 2768;
      if (!taken.has(30_000 + this.#lastPort)) return 30_000 + this.#lastPort;
    }
    throw new Error('failed to allocate a nodePort: range is full');
  }

  #taken(): { ips: Set<string>; ports: Set<number> } {
    const ips = new Set<string>();
    const ports = new Set<number>();
    for (const stored of this.#storage.table('/services').current('')) {
      const spec = parseStored(stored)['spec'];
      if (!isObject(spec)) continue;
      if (typeof spec['clusterIP'] === 'string') ips.add(spec['clusterIP']);
      for (const port of Array.isArray(spec['ports']) ? spec['ports'] : []) {
        if (isObject(port) && typeof port['nodePort'] === 'number') ports.add(port['nodePort']);
      }
    }
    return { ips, ports };
  }
}
