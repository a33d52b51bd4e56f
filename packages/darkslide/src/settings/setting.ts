/** One environment variable that `darkslide serve` reads. */
export type Setting<Value> = {
  name: string;
  /** The values that it takes: `an integer from 0 to 65535`. */
  type: string;
  /** The value if the variable is unset or empty. */
  default: Value;
  /** The default, for people. */
  defaultText: string;
  meaning: string;
  /** Whether no message may repeat the value. */
  isSecret: boolean;
  /** @throws {InvalidValueError} The text is not such a value. */
  parse: (text: string) => Value;
};

/** What is wrong with a value: the end of a sentence that begins with the setting. */
export class InvalidValueError extends Error {
  override readonly name = 'InvalidValueError';
}

type Named = { name: string; meaning: string };

/** A `default` may be left out if other code chooses it; `defaultText` then says how. */
type Options<Value, Default extends Value | undefined> = Named & { default?: Default; defaultText?: string };

type Kind<Value> = Pick<Setting<Value>, 'type' | 'parse'> & { isSecret?: boolean };

const NO_DEFAULT = '–';

function setting<Value, Default extends Value | undefined>(
  { name, meaning, defaultText, default: fallback }: Options<Value, Default>,
  { type, isSecret = false, parse }: Kind<Value>,
): Setting<Value | Default> {
  const shown = fallback === undefined ? NO_DEFAULT : `\`${fallback}\``;
  const value = fallback as Default;
  return { name, meaning, type, default: value, defaultText: defaultText ?? shown, isSecret, parse };
}

type Range = { min: number; max: number };

function numeric({ min, max }: Range, { noun, pattern }: { noun: string; pattern: RegExp }): Kind<number> {
  const type = `${noun} from ${min} to ${max}`;
  const parse = (text: string) => {
    const value = pattern.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidValueError(`is not ${type}`);
  };
  return { type, parse };
}

export const integer = <Default extends number | undefined = undefined>(options: Options<number, Default> & Range) =>
  setting<number, Default>(options, numeric(options, { noun: 'an integer', pattern: /^\d+$/ }));

export const decimal = <Default extends number | undefined = undefined>(options: Options<number, Default> & Range) =>
  setting<number, Default>(options, numeric(options, { noun: 'a number', pattern: /^\d+(\.\d+)?$/ }));

const TRUE = ['true', '1', 'yes'];
const FALSE = ['false', '0', 'no'];

export function boolean<Default extends boolean | undefined = undefined>(options: Options<boolean, Default>) {
  const parse = (text: string) => {
    const value = text.toLowerCase();
    if (TRUE.includes(value)) return true;
    if (FALSE.includes(value)) return false;
    throw new InvalidValueError('is neither true nor false');
  };
  return setting<boolean, Default>(options, { type: '`true` or `false`', parse });
}

export function choice<const Choice extends string, Default extends Choice | undefined = undefined>(
  choices: readonly Choice[],
  options: Options<Choice, Default>,
) {
  const parse = (text: string) => {
    const found = choices.find((each) => each === text);
    if (found) return found;
    throw new InvalidValueError(`is not one of ${choices.join(', ')}`);
  };
  const type = choices.map((each) => `\`${each}\``).join(', ');
  return setting<Choice, Default>(options, { type, parse });
}

export function word<Default extends string | undefined = undefined>(
  options: Options<string, Default>,
  { pattern, type }: { pattern: RegExp; type: string },
) {
  const parse = (text: string) => {
    if (pattern.test(text)) return text;
    throw new InvalidValueError(`is not ${type}`);
  };
  return setting<string, Default>(options, { type, parse });
}

/** A URL is treated as a secret, since it may contain a password. */
export function url(options: Options<string, undefined>, protocols: readonly string[]) {
  const type = `a URL that begins with ${protocols.map((each) => `${each}//`).join(' or ')}`;
  const parse = (text: string) => {
    if (URL.canParse(text) && protocols.includes(new URL(text).protocol)) return text;
    throw new InvalidValueError(`is not ${type}`);
  };
  return setting<string, undefined>(options, { type, isSecret: true, parse });
}

/** Text that an HTTP header can contain. */
export function secret(options: Options<string, undefined>, { minLength = 1 } = {}) {
  const parse = (text: string) => {
    if (!/^[!-~]+$/.test(text)) {
      throw new InvalidValueError('may contain only ASCII letters, digits and signs, without spaces');
    }
    if (text.length >= minLength) return text;
    throw new InvalidValueError(
      `has fewer than ${minLength} characters, so it can be guessed: make one with \`openssl rand -hex 32\``,
    );
  };
  const type = minLength > 1 ? `at least ${minLength} characters without spaces` : 'text without spaces';
  return setting<string, undefined>(options, { type, isSecret: true, parse });
}

/** Values with commas between them. */
export function list(
  options: Named,
  { isValid, type, item }: { isValid: (text: string) => boolean; type: string; item: string },
) {
  const parse = (text: string): readonly string[] => {
    const values = text.split(',').map((value) => value.trim());
    const given = values.filter((value) => value !== '');
    const wrong = given.find((value) => !isValid(value));
    if (wrong === undefined) return given;
    throw new InvalidValueError(`contains ${wrong}, which is not ${item}`);
  };
  const none: readonly string[] = [];
  return setting({ ...options, default: none, defaultText: NO_DEFAULT }, { type, parse });
}
