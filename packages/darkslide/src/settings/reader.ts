import { InvalidValueError, type Setting } from './setting.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Contains one sentence for each variable that is wrong, so that one start reports them all. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/** Reads settings, and collects what is wrong with them. An empty variable counts as unset. */
export class SettingsReader {
  readonly #env: Environment;
  readonly #problems: string[] = [];

  constructor(env: Environment) {
    this.#env = env;
  }

  /** The value of a setting; its default if the variable is unset or wrong. */
  value<Value>(setting: Setting<Value>): Value {
    const { name, isSecret, parse } = setting;
    const text = this.#env[name];
    if (!text) return setting.default;
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof InvalidValueError)) throw error;
      this.problem(`${isSecret ? name : `${name}=${text}`} ${error.message}`);
      return setting.default;
    }
  }

  isSet({ name }: Setting<unknown>): boolean {
    return Boolean(this.#env[name]);
  }

  problem(sentence: string): void {
    this.#problems.push(`${sentence}.`);
  }

  /** @throws {ConfigurationError} Something was wrong. */
  finish(): void {
    if (this.#problems.length > 0) throw new ConfigurationError(this.#problems);
  }
}
