import type { en } from './en.ts';

/** Words of the page in one language. `{name}` stands for a value; a list has the forms that `Intl.PluralRules` tells apart. */
export type Messages = Readonly<Record<keyof typeof en, string | Partial<Record<Intl.LDMLPluralRule, string>>>>;
