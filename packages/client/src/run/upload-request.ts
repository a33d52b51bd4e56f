import type { ProjectApi } from '../api/project-api.ts';
import type { Ports } from '../base/ports.ts';
import type { Retrier } from '../base/retry.ts';
import type { Plan } from '../plan/plan.ts';
import type { UploadControl } from '../schedule/control.ts';
import type { OnEvent } from './events.ts';
import type { UploadSettings } from './settings.ts';

export type UploadRequest = {
  api: ProjectApi;
  ports: Ports;
  settings: UploadSettings;
  /** Also used by the API's calls, so that it knows of every success. */
  retrier: Retrier;
  plan: Plan;
  /** Names the journal of this project. */
  scope: string;
  /** The project was just created: storage need not be listed. */
  isNew: boolean;
  control?: UploadControl | undefined;
  signal?: AbortSignal | undefined;
  onEvent: OnEvent;
};
