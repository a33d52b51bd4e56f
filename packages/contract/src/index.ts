export * from './errors.ts';
export * from './limits.ts';
export * from './names.ts';
export * from './routes.ts';
export type * from './schemas.ts';
export * as schemas from './schemas.ts';
