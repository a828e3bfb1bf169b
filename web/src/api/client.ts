import createClient from "openapi-fetch";
import type { paths } from "./schema";
import type { Failure } from "./types";

const client = createClient<paths>({ baseUrl: globalThis.location.origin });

/** The service said no; `failure` says why and what to do meanwhile. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    readonly status: number,
    readonly failure: Failure | null,
  ) {
    super(failure?.error.message ?? `the service answered ${status}`);
  }

  /** Machine-readable reason, e.g. UNKNOWN_ASSET; UNKNOWN where the body was not the service's. */
  get code(): string {
    return this.failure?.error.code ?? "UNKNOWN";
  }
}

const isFailure = (body: unknown): body is Failure =>
  typeof body === "object" && body !== null && "error" in body && "fallback" in body;

/** The data of an answer, or the error it was. */
export async function unwrap<T>(
  answer: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  const { data, error, response } = await answer;
  if (data !== undefined) return data;
  throw new ApiError(response.status, isFailure(error) ? error : null);
}

export { client };
