import { css } from 'lit';

/** Colours and measures. A page may set each `--darkslide-…` itself. */
export const theme = css`
  :host {
    --accent: var(--darkslide-accent, light-dark(#0b5cad, #7db8f5));
    --on-accent: var(--darkslide-on-accent, light-dark(#fff, #0d1b2a));
    --surface: var(--darkslide-surface, light-dark(#fff, #17191d));
    --raised: var(--darkslide-raised, light-dark(#f3f5f8, #22262c));
    --text: var(--darkslide-text, light-dark(#1a1d21, #e8eaed));
    --quiet: var(--darkslide-quiet, light-dark(#555c66, #a9b0ba));
    --line: var(--darkslide-line, light-dark(#c9ced6, #444a54));
    --good: var(--darkslide-good, light-dark(#14692f, #7ddc9a));
    --bad: var(--darkslide-bad, light-dark(#b3261e, #ffb4ab));
    --warn: var(--darkslide-warn, light-dark(#8a4b00, #f5c069));
    color-scheme: light dark;
    display: block;
    color: var(--text);
    font: 1rem/1.5 system-ui, sans-serif;
  }
  * { box-sizing: border-box; }
  :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
  .quiet { color: var(--quiet); }
  .hidden {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
`;

export const buttonStyles = css`
  .buttons { display: flex; flex-wrap: wrap; gap: 0.75rem; align-items: center; }
  button {
    min-block-size: 2.75rem;
    padding: 0.5rem 1.1rem;
    border: 1px solid var(--line);
    border-radius: 0.6rem;
    background: var(--surface);
    color: var(--text);
    font: inherit;
    cursor: pointer;
  }
  button:hover { border-color: var(--accent); }
  button.main { border-color: var(--accent); background: var(--accent); color: var(--on-accent); font-weight: 600; }
`;

export const uploaderStyles = css`
  h2 { margin: 0; font-size: 1.5rem; line-height: 1.25; overflow-wrap: anywhere; }
  p { margin: 0.25rem 0; }
  header { margin-block-end: 1rem; }
  .drop {
    display: grid;
    justify-items: center;
    gap: 0.9rem;
    padding: 2.2rem 1rem;
    border: 2px dashed var(--line);
    border-radius: 1rem;
    background: var(--raised);
    text-align: center;
  }
  .drop.small { padding: 1rem; }
  .drop.over { border-color: var(--accent); }
  .drop strong { font-size: 1.15rem; }
  .drop .buttons { justify-content: center; }
  .panel { margin-block: 1rem; padding: 1rem; border-radius: 1rem; background: var(--raised); }
  .panel.good { border-inline-start: 0.4rem solid var(--good); }
  .panel.bad { border-inline-start: 0.4rem solid var(--bad); }
  .panel h3 { margin: 0 0 0.25rem; font-size: 1.1rem; }
  progress {
    appearance: none;
    inline-size: 100%;
    block-size: 0.8rem;
    margin-block: 0.5rem;
    border: 0;
    border-radius: 0.4rem;
    overflow: hidden;
    background: var(--line);
  }
  progress::-webkit-progress-bar { background: var(--line); }
  progress::-webkit-progress-value { background: var(--accent); }
  progress::-moz-progress-bar { background: var(--accent); }
  .figures { display: flex; flex-wrap: wrap; gap: 0 1.25rem; font-variant-numeric: tabular-nums; }
  .panel .buttons { margin-block-start: 0.75rem; }
`;
