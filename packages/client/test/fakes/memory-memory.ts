import type { Memory } from '../../src/base/ports.ts';

/** Remembers as long as the process lives. */
export class MemoryMemory implements Memory {
  readonly scopes = new Map<string, string[]>();

  async load(scope: string): Promise<string[]> {
    return [...(this.scopes.get(scope) ?? [])];
  }

  async append(scope: string, lines: readonly string[]): Promise<void> {
    this.scopes.set(scope, [...(this.scopes.get(scope) ?? []), ...lines]);
  }

  async replace(scope: string, lines: readonly string[]): Promise<void> {
    if (lines.length === 0) this.scopes.delete(scope);
    else this.scopes.set(scope, [...lines]);
  }
}
