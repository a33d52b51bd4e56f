/// <reference lib="dom" />

/** While something is sent: asks before the page is left, and keeps the screen on where the browser can. */
export class Awake {
  #isOn = false;
  #lock: Promise<WakeLockSentinel | undefined> | undefined;

  set(isOn: boolean): void {
    if (isOn === this.#isOn) return;
    this.#isOn = isOn;
    if (isOn) this.#begin();
    else this.#release();
  }

  #begin(): void {
    window.addEventListener('beforeunload', ask);
    document.addEventListener('visibilitychange', this.#hold);
    this.#hold();
  }

  end(): void {
    this.set(false);
  }

  /** A browser takes the lock back when its tab is hidden. */
  #hold = () => {
    if (document.visibilityState !== 'visible') return;
    const { wakeLock } = navigator as { wakeLock?: WakeLock };
    this.#lock = wakeLock?.request('screen').catch(() => undefined);
  };

  #release(): void {
    window.removeEventListener('beforeunload', ask);
    document.removeEventListener('visibilitychange', this.#hold);
    void this.#lock?.then((lock) => lock?.release());
    this.#lock = undefined;
  }
}

const ask = (event: BeforeUnloadEvent) => event.preventDefault();
