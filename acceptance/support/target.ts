import { after } from 'node:test';
import {
  acquireTarget,
  type Darkslide,
  type DarkslideOptions,
  givenEngines,
  startOn,
  type Target,
} from '@darkslide/testkit';
import { Api } from './api.ts';

export type Specs = {
  target: Target;
  /** The first account's calls. */
  api: Api;
  /** The second account's. */
  other: Api;
};

/** What a spec file talks to; released after its last spec. To be awaited at the top of the file. */
export async function useTarget(): Promise<Specs> {
  const { target, release } = await acquireTarget();
  after(release);
  const { apiUrl, accounts } = target;
  return {
    target,
    api: new Api({ apiUrl, apiKey: accounts.first.apiKey }),
    other: new Api({ apiUrl, apiKey: accounts.second.apiKey }),
  };
}

/** A server of the spec file's own, on the engines that the run was given. */
export async function startServer(options: DarkslideOptions = {}): Promise<Darkslide> {
  return await startOn(await givenEngines(), options);
}
