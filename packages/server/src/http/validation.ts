import { type ApiError, apiError, MAX_PART_COUNT } from '@darkslide/contract';
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { TLocalizedValidationError } from 'typebox/error';
import { Value } from 'typebox/value';

type Problem = TLocalizedValidationError;

/**
 * Checks requests against the contract's schemas, and says what is wrong in a sentence. Bodies are taken as they are;
 * queries, being text, are converted and filled with their defaults. Returns the declared fields and no others, at
 * every depth: what a handler sees of a request is what its schema names.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema);
  const lists = httpPart === 'body' ? listsOf(schema) : [];
  return (received: unknown) => {
    const value = httpPart === 'body' ? received : Value.Default(schema, fromText(schema, received));
    if (validator.Check(value)) return { value: Value.Clean(schema, value) };
    const long = lists.find(({ name, maxItems }) => listOf(value, name).length > maxItems);
    if (long !== undefined) return { error: tooLong(long, listOf(value, long.name).length) };
    const { few, indexOf } = withFirstProblems(value, lists);
    const problems = validator.Errors(few).filter((problem) => !isForTheRules(problem, few));
    const first = problems.toSorted((a, b) => depth(a) - depth(b))[0];
    if (first === undefined) return { value: Value.Clean(schema, value) };
    const orNull = problems.some(
      ({ keyword, instancePath }) => keyword === 'anyOf' && instancePath === first.instancePath,
    );
    return { error: describe({ ...first, instancePath: indexOf(first.instancePath) }, value, orNull) };
  };
};

type List = { name: string; maxItems: number; isRight: (entry: unknown) => boolean };

/** The lists that a body may have. */
function listsOf(schema: TSchema): List[] {
  const { properties = {} } = schema as { properties?: Record<string, TSchema> };
  return Object.entries(properties).flatMap(([name, property]) => {
    // What may be null as well is a list or null.
    const { anyOf = [property] } = property as { anyOf?: TSchema[] };
    return anyOf.flatMap((one) => {
      const { items, maxItems = Number.POSITIVE_INFINITY } = one as { items?: TSchema; maxItems?: number };
      if (items === undefined) return [];
      const entry = Compile(items);
      return [{ name, maxItems, isRight: (value: unknown) => entry.Check(value) }];
    });
  });
}

function listOf(value: unknown, name: string): unknown[] {
  const list = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  return Array.isArray(list) ? list : [];
}

const tooLong = ({ name, maxItems }: List, length: number) =>
  apiError('invalid_request', { problem: `${name} has ${length} entries; at most ${maxItems} are allowed` });

/**
 * The value with its first wrong entry alone in each list: to name every problem of thousands of entries would take
 * seconds. `indexOf` says where in the whole value a problem stands.
 */
function withFirstProblems(value: unknown, lists: readonly List[]) {
  const cut = lists.flatMap(({ name, isRight }) => {
    const list = listOf(value, name);
    const isWrong = (entry: unknown) =>
      !isRight(entry) && !isForTheRules({ instancePath: `/${name}/0` }, { [name]: [entry] });
    const at = Math.max(0, list.findIndex(isWrong));
    return list.length === 0 ? [] : [{ name, at, entry: list[at] }];
  });
  if (cut.length === 0) return { few: value, indexOf: (path: string) => path };
  const few = { ...(value as object), ...Object.fromEntries(cut.map(({ name, entry }) => [name, [entry]])) };
  const indexOf = (path: string) => {
    const list = cut.find(({ name }) => path.startsWith(`/${name}/0`));
    return list === undefined ? path : path.replace(/^\/[^/]+\/0/, `/${list.name}/${list.at}`);
  };
  return { few, indexOf };
}

/** No longer than JavaScript counts exactly. */
const isInteger = (text: string) => /^-?\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text));

/** The values of a query as their types, where the text says exactly that: `1.5` does not become the integer 1. */
function fromText(schema: TSchema, received: unknown): unknown {
  const properties = (schema as { properties?: Record<string, { type?: string }> }).properties ?? {};
  return Object.fromEntries(
    Object.entries(received as Record<string, unknown>).map(([name, text]) => {
      const type = Object.hasOwn(properties, name) ? properties[name]?.type : undefined;
      if (type === 'integer' && isInteger(String(text))) return [name, Number(text)];
      if (type === 'boolean' && /^(true|false|1|0)$/i.test(String(text))) {
        return [name, /^(true|1)$/i.test(String(text))];
      }
      return [name, text];
    }),
  );
}

/** Limits that the rules know more about, or have a word of their own for. */
function isForTheRules({ instancePath }: Pick<Problem, 'instancePath'>, value: unknown): boolean {
  const got = valueAt(value, instancePath);
  return (
    (instancePath === '/name' && typeof got === 'string') ||
    (instancePath.startsWith('/part_numbers/') && typeof got === 'number')
  );
}

function describe(problem: Problem, value: unknown, orNull: boolean): ApiError {
  const missing = problem.keyword === 'required' ? problem.params.requiredProperties[0] : undefined;
  const path = missing === undefined ? problem.instancePath : `${problem.instancePath}/${missing}`;
  if (path === '/part_count') {
    const name = String(valueAt(value, '/file_name'));
    return apiError('invalid_part_count', { name, got: show(valueAt(value, path)), max: MAX_PART_COUNT });
  }
  const subject = path === '' ? 'The request body' : fieldName(path);
  const verdict = missing === undefined ? sentence(problem, valueAt(value, path), orNull) : 'is missing';
  return apiError('invalid_request', { problem: `${subject} ${verdict}` });
}

const TYPES: Record<string, string> = {
  object: 'a JSON object',
  array: 'a list',
  string: 'a string',
  integer: 'an integer',
  number: 'a number',
  boolean: 'true or false',
};

function sentence(problem: Problem, got: unknown, orNull: boolean): string {
  switch (problem.keyword) {
    case 'type': {
      const type = String(problem.params.type);
      return `must be ${TYPES[type] ?? type}${orNull ? ' or null' : ''}; got ${show(got)}`;
    }
    case 'minItems':
      return 'is empty';
    case 'minimum':
      return `must be at least ${problem.params.limit}; got ${show(got)}`;
    case 'maximum':
      return `must be at most ${problem.params.limit}; got ${show(got)}`;
    case 'maxLength':
      return `is longer than ${problem.params.limit} characters`;
    default:
      return problem.message;
  }
}

const depth = ({ instancePath }: Problem) => instancePath.split('/').length;

/** `/files_list/3/file_name` → `files_list[3].file_name` */
const fieldName = (pointer: string) =>
  pointer
    .slice(1)
    .replace(/\/(\d+)/g, '[$1]')
    .replaceAll('/', '.');

function valueAt(value: unknown, pointer: string): unknown {
  let at = value;
  for (const step of pointer.split('/').slice(1)) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Record<string, unknown>)[step];
  }
  return at;
}

/** A value as a message shows it: short, and of a list or an object only what it is. */
function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
