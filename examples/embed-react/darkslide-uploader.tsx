// <darkslide-uploader> for React 19, which sets properties of an element and listens to its events by itself.
import { useEffect, useState } from 'react';

/** What `darkslide-progress` has, at most ten times a second. */
export type Progress = {
  files: { total: number; successful: number; skipped: number; failed: number };
  bytes: { total: number; done: number };
  bytesPerSecond: number | null;
  secondsLeft: number | null;
};

/** What `darkslide-summary` has, at the end of a run. `skipped` files were stored before. */
export type Summary = {
  project_uuid: string | null;
  total: number;
  successful: number;
  skipped: number;
  failed: number;
  bytes: number;
  results: { name: string; path: string; status: 'uploaded' | 'skipped' | 'failed'; message?: string }[];
};

type Attributes = {
  /** URL of the server that uploads go to. The element's script comes from there too. */
  server: string;
  /** The upload token. Another one ends the run. */
  token: string;
  /** A script of the page's own origin that imports `upload/worker.js` of the server. */
  workerUrl?: string;
  /** en, de, fr or es. Default: what the browser prefers. */
  lang?: string;
  /** Words by language, in place of the element's own. */
  catalogues?: Record<string, Record<string, string | Record<string, string>>>;
};

type Events = { onProgress?: (progress: Progress) => void; onSummary?: (summary: Summary) => void };

type ElementProps = Attributes & {
  'ondarkslide-progress'?: (event: CustomEvent<Progress>) => void;
  'ondarkslide-summary'?: (event: CustomEvent<Summary>) => void;
};

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'darkslide-uploader': ElementProps;
    }
  }
}

/** Loads the element in the browser only, and shows it when it is defined: from then on it has its properties. */
export function DarkslideUploader({ onProgress, onSummary, ...attributes }: Attributes & Events) {
  const [state, setState] = useState<'loading' | 'ready' | 'failed'>('loading');
  const script = `${attributes.server}/upload/element.js`;
  useEffect(() => {
    // The comment tells bundlers that this URL is known at run time only.
    import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ script).then(
      () => setState('ready'),
      () => setState('failed'),
    );
  }, [script]);
  if (state === 'failed') return <p role="alert">The upload server cannot be reached. Try again later.</p>;
  if (state === 'loading') return <p role="status">One moment…</p>;
  return (
    <darkslide-uploader
      {...attributes}
      ondarkslide-progress={({ detail }) => onProgress?.(detail)}
      ondarkslide-summary={({ detail }) => onSummary?.(detail)}
    />
  );
}
