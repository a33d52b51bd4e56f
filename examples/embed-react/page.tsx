// Asks the platform's server for an upload token, and shows the uploader with it.
import { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { DarkslideUploader, type Progress, type Summary } from './darkslide-uploader';

type Access = { server: string; token: string; customer: string };

function UploadPage() {
  const [access, setAccess] = useState<Access>();
  const [problem, setProblem] = useState('');
  const [summary, setSummary] = useState<Summary>();

  useEffect(() => {
    fetchAccess().then(setAccess, (error: Error) => setProblem(error.message));
  }, []);

  if (problem) {
    return (
      <p role="alert">
        {problem} <a href="/sign-in?as=anna">Sign in as Anna</a>
      </p>
    );
  }
  if (!access) return <p role="status">One moment…</p>;
  return (
    <>
      <p role="status">{summary ? textOf(summary) : `You are signed in as ${access.customer}.`}</p>
      <DarkslideUploader
        server={access.server}
        token={access.token}
        workerUrl="/worker.js"
        lang="en"
        onProgress={showInTitle}
        onSummary={setSummary}
      />
    </>
  );
}

async function fetchAccess(): Promise<Access> {
  const response = await fetch('/upload-token', { method: 'POST' });
  const body = await response.json();
  if (!response.ok) throw new Error(body.message);
  return body;
}

const showInTitle = ({ bytes }: Progress) => {
  document.title = `${Math.floor((100 * bytes.done) / (bytes.total || 1))} % of your photos`;
};

/** For the customer only. What arrived is known to your server by `GET /v1/projects/{uuid}/files`. */
const textOf = ({ total, failed }: Summary) =>
  failed === 0 ? `Thank you: ${total} photos are stored.` : `${failed} of ${total} photos are not stored.`;

createRoot(document.querySelector('#root') as HTMLElement).render(<UploadPage />);
