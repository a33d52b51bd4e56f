import type { ReactNode } from 'react';

export const metadata = { title: 'Send your photos' };

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <main>
          <h1>Send your photos</h1>
          {children}
        </main>
      </body>
    </html>
  );
}
