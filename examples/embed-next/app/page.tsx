'use client';

// Asks the route `upload-token` for an upload token, and shows the uploader with it.
import { useEffect, useState } from 'react';
import { DarkslideUploader, type Summary } from './darkslide-uploader';
import type { Access } from './upload-token/upload-token';

export default function UploadPage() {
  const [access, setAccess] = useState<Access>();
  const [problem, setProblem] = useState('');
  const [summary, setSummary] = useState<Summary>();

  useEffect(() => {
    // While you develop, React runs an effect twice: the first request is given up.
    const isLeft = new AbortController();
    fetchAccess(isLeft.signal).then(setAccess, (error: Error) => {
      if (!isLeft.signal.aborted) setProblem(error.message);
    });
    return () => isLeft.abort();
  }, []);

  if (problem) return <p role="alert">{problem}</p>;
  if (!access) return <p role="status">One moment…</p>;
  const { server, token, customer } = access;
  return (
    <>
      <p role="status">{summary ? textOf(summary) : `You are signed in as ${customer}.`}</p>
      <DarkslideUploader server={server} token={token} workerUrl="/worker.js" lang="en" onSummary={setSummary} />
    </>
  );
}

async function fetchAccess(signal: AbortSignal): Promise<Access> {
  const response = await fetch('/upload-token', { method: 'POST', signal });
  const body = await response.json();
  if (!response.ok) throw new Error(body.message);
  return body;
}

/** For the customer only. What arrived is known to your server by `GET /v1/projects/{uuid}/files`. */
const textOf = ({ total, failed }: Summary) =>
  failed === 0 ? `Thank you: ${total} photos are stored.` : `${failed} of ${total} photos are not stored.`;
