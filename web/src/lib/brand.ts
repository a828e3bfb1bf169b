/** Numbers whose unit the compiler keeps apart. */
declare const unit: unique symbol;
type Branded<Unit extends string> = number & { readonly [unit]: Unit };

/** Milliseconds since 1970, UTC. */
export type Millis = Branded<"ms">;
/** Seconds since 1970, UTC. */
export type Seconds = Branded<"s">;
/** Quote currency. */
export type Price = Branded<"price">;
/** Natural logarithm of a price ratio; 0.01 is about 1 %. */
export type LogReturn = Branded<"log return">;

export const millis = (value: number): Millis => value as Millis;
export const seconds = (value: number): Seconds => value as Seconds;
export const price = (value: number): Price => value as Price;
export const logReturn = (value: number): LogReturn => value as LogReturn;

/** The second an ISO 8601 moment names. */
export const secondsOf = (iso: string): Seconds => seconds(Date.parse(iso) / 1000);
/** The ISO 8601 moment of a second. */
export const isoOf = (at: Seconds): string => new Date(at * 1000).toISOString();
