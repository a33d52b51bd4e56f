// POST /upload-token: the upload token of the customer who is signed in.
import { uploadTokenFor } from './upload-token';

export async function POST(): Promise<Response> {
  const customer = await signedInCustomer();
  if (!customer) return Response.json({ message: 'Sign in first.' }, { status: 401 });
  try {
    return Response.json(await uploadTokenFor(customer), { headers: { 'cache-control': 'no-store' } });
  } catch (error) {
    console.error(error);
    return Response.json({ message: 'Uploading does not work now. Try again later.' }, { status: 502 });
  }
}

/** Ask your own sign-in here, by the request's cookies. Nothing else that the page sends says who the customer is. */
async function signedInCustomer(): Promise<string | undefined> {
  return process.env.DEMO_CUSTOMER;
}
