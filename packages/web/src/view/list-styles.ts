import { css } from 'lit';

export const listStyles = css`
  :host { margin-block-start: 1rem; }
  .bar {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 0.25rem 1rem;
    min-block-size: 3rem;
    padding-block-end: 0.5rem;
  }
  .bar p { margin: 0; }
  .bar .summary { font-weight: 600; font-variant-numeric: tabular-nums; }
  .bar .quiet { font-size: 0.875rem; }
  .bar .buttons { gap: 0.5rem; }
  .bar button { min-block-size: 2.25rem; padding: 0.2rem 0.8rem; font-size: 0.875rem; }
  button:disabled { opacity: 0.5; cursor: default; }
  .window {
    position: relative;
    max-block-size: min(60vh, 36rem);
    overflow-y: auto;
    border: 1px solid var(--line);
    border-radius: 0.6rem;
  }
  .window:focus-visible { outline-offset: 0; }
  ul { position: relative; margin: 0; padding: 0; list-style: none; }
  li {
    --indent: 0.9rem;
    --preview: 3.75rem;
    position: absolute;
    inset-inline: 0;
    contain: content;
    display: grid;
    grid-template-columns: var(--preview) minmax(0, 1fr) auto;
    grid-template-areas: 'preview path size' 'preview why state';
    align-content: center;
    gap: 0 1rem;
    block-size: 3.5rem;
    padding-inline: var(--indent) 0.9rem;
    border-block-end: 1px solid var(--line);
    cursor: default;
  }
  li:hover { background: var(--raised); }
  li[aria-selected='true'] {
    background: color-mix(in srgb, var(--accent) 14%, var(--surface));
    box-shadow: inset 0.25rem 0 var(--accent);
  }
  li:dir(rtl)[aria-selected='true'] { box-shadow: inset -0.25rem 0 var(--accent); }
  .window:focus-visible .active { outline: 2px solid var(--accent); outline-offset: -3px; border-radius: 0.4rem; }
  .with-sets li { --indent: 2.4rem; }
  .with-sets li.level-2 { --indent: 3.9rem; background-image: linear-gradient(var(--raised), var(--raised)); }
  .with-sets li.level-2[aria-selected='true'] { background-image: none; }

  .chevron { position: absolute; inset-block: 0; inset-inline-start: 0; inline-size: 2.4rem; cursor: pointer; }
  .chevron::before {
    content: '';
    position: absolute;
    inset-block-start: calc(50% - 0.25rem);
    inset-inline-start: 0.9rem;
    inline-size: 0.45rem;
    block-size: 0.45rem;
    border-block-end: 2px solid var(--quiet);
    border-inline-end: 2px solid var(--quiet);
    rotate: -45deg;
    transition: rotate 0.15s;
  }
  .chevron:dir(rtl)::before { rotate: 45deg; }
  li[aria-expanded='true'] .chevron::before { rotate: 45deg; }
  li[aria-expanded='true'] .chevron:dir(rtl)::before { rotate: -45deg; }

  .preview {
    grid-area: preview;
    align-self: center;
    position: relative;
    display: grid;
    place-items: center;
    block-size: 2.5rem;
  }
  .preview > * { grid-area: 1 / 1; }
  .preview span {
    display: grid;
    place-items: center;
    inline-size: var(--preview);
    block-size: 100%;
    border: 1px solid var(--line);
    border-radius: 0.25rem;
    background: var(--raised);
    color: var(--quiet);
    font-size: 0.7rem;
    font-weight: 600;
    letter-spacing: 0.04em;
    text-transform: uppercase;
  }
  .preview canvas { max-inline-size: var(--preview); max-block-size: 2.5rem; border-radius: 0.25rem; }
  .preview:has(canvas:not([width='0'])) span { visibility: hidden; }
  /* The frames below the first one. */
  .set .preview span, .set .preview canvas:not([width='0']) {
    box-shadow: 2px -2px 0 -0.5px var(--surface), 3px -3px 0 -0.5px var(--quiet), 5px -5px 0 -1px var(--surface),
      6px -6px 0 -1px var(--line);
  }

  .path, .why { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .path { grid-area: path; direction: ltr; text-align: start; unicode-bidi: plaintext; }
  .why { grid-area: why; color: var(--quiet); }
  .state, .why { font-size: 0.875rem; }
  .size { grid-area: size; text-align: end; font-variant-numeric: tabular-nums; }
  .state { grid-area: state; text-align: end; }
  .set .path { font-weight: 600; }
  .why.lack { color: var(--warn); font-weight: 600; }
  .failed .state, .failed .why { color: var(--bad); }
  .uploaded .state, .skipped .state { color: var(--good); }
  @media (max-width: 30rem) {
    li { --indent: 0.6rem; --preview: 3rem; gap: 0 0.6rem; padding-inline-end: 0.6rem; }
    .with-sets li { --indent: 1.9rem; }
    .with-sets li.level-2 { --indent: 2.6rem; }
    .chevron { inline-size: 1.9rem; }
    .chevron::before { inset-inline-start: 0.6rem; }
    .size { font-size: 0.875rem; }
  }
  @media (prefers-reduced-motion: reduce) {
    .chevron::before { transition: none; }
  }
`;
