/**
 * Something the screen shows. However often it changes, listeners hear of it at most once per
 * animation frame (and per `restMs`, if given), and not at all while the tab is hidden, so a flood
 * of events costs one redraw.
 */
export class Observable {
  readonly #listeners = new Set<() => void>();
  readonly #restMs: number;
  #pending = false;
  #toldAt = -Infinity;

  constructor(restMs = 0) {
    this.#restMs = restMs;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  protected changed(): void {
    if (this.#pending) return;
    this.#pending = true;
    const rest = this.#toldAt + this.#restMs - performance.now();
    if (rest > 0) setTimeout(() => this.#tell(), rest);
    else this.#tell();
  }

  #tell(): void {
    requestAnimationFrame(() => {
      this.#pending = false;
      this.#toldAt = performance.now();
      for (const listener of [...this.#listeners]) listener();
    });
  }
}
