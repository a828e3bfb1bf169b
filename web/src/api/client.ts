import createClient from "openapi-fetch";
import type { paths } from "./schema";
import { useLive } from "../state/live";
import type { Failure, Truth } from "./types";

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

/** Whether asking again may help: the service is away, or has only just begun to know its markets. */
export function mayPass(error: Error | null): boolean {
  return !(error instanceof ApiError) || error.status >= 500 || isStarting(error);
}

/** Whether the service is there, but has nothing to tell yet. */
export function isStarting(error: ApiError): boolean {
  if (error.status === 503) return error.failure !== null;
  const known = error.failure?.error.details["known"];
  return error.code === "UNKNOWN_ASSET" && Array.isArray(known) && known.length === 0;
}

const isFailure = (body: unknown): body is Failure =>
  typeof body === "object" && body !== null && "error" in body && "fallback" in body;

/** Take from an answer where prices come from; one that knows no market tells nothing of it. */
export function heed(answer: unknown): void {
  if (typeof answer !== "object" || answer === null || !("truth" in answer)) return;
  if ("assets" in answer && Array.isArray(answer.assets) && answer.assets.length === 0) return;
  const { market } = answer.truth as Truth;
  if (useLive.getState().kind !== market) useLive.setState({ kind: market });
}

/** The data of an answer, or the error it was. */
export async function unwrap<T>(
  answer: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  const { data, error, response } = await answer;
  heed(data);
  if (data !== undefined) return data;
  const failure = isFailure(error) ? error : null;
  if (useLive.getState().kind === null) heed(failure?.fallback.last_prediction);
  throw new ApiError(response.status, failure);
}

export { client };
