/**
 * Numbers and moments as they are written on screen. One rule each: prices keep five or six
 * digits, percentages one decimal or two, moments are UTC, a minus is a real minus, unknown is "–".
 */

export const UNKNOWN = "–";
const MINUS = "−";
/** Keeps a number and its unit on one line. */
const GLUE = "\u00a0";

type Maybe = number | null | undefined;

function known(value: Maybe): value is number {
  return value !== null && value !== undefined && Number.isFinite(value);
}

// Made once for each number of decimals: to make one takes longer than to paint a candle.
const formats = new Map<number, Intl.NumberFormat>();

function formatOf(digits: number): Intl.NumberFormat {
  const fraction = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  const format = formats.get(digits) ?? new Intl.NumberFormat("en-US", fraction);
  formats.set(digits, format);
  return format;
}

function grouped(value: number, digits: number): string {
  const text = formatOf(digits).format(Math.abs(value));
  return value < 0 && /[1-9]/.test(text) ? `${MINUS}${text}` : text;
}

/** Decimals at which a price of this size keeps about six digits. */
export function priceDigits(price: number): number {
  const size = Math.abs(price);
  if (size >= 10_000) return 0;
  if (size >= 1_000) return 1;
  if (size >= 10) return 2;
  if (size >= 1) return 3;
  return 5;
}

/** A price; `digits` to keep several of them aligned. */
export function price(value: Maybe, digits?: number): string {
  return known(value) ? grouped(value, digits ?? priceDigits(value)) : UNKNOWN;
}

/** A share of one as a percentage: 0.518 is "51.8 %". */
export function percent(value: Maybe, digits = 1): string {
  return known(value) ? `${grouped(value * 100, digits)}${GLUE}%` : UNKNOWN;
}

/** The same with its sign: "+0.30 %". What rounds to nothing has none. */
export function signedPercent(value: Maybe, digits = 2): string {
  if (!known(value)) return UNKNOWN;
  const text = percent(value, digits);
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

/** A figure that is in percent already: 3.1 is "+3.1 %". */
export function signedPoints(value: Maybe, digits = 1): string {
  return signedPercent(known(value) ? value / 100 : value, digits);
}

/** A chance, never rounded to certainty: 0.9996 is "> 99.9 %". */
export function chance(value: Maybe): string {
  if (!known(value)) return UNKNOWN;
  if (value > 0.999) return `>${GLUE}99.9${GLUE}%`;
  if (value < 0.001) return `<${GLUE}0.1${GLUE}%`;
  return percent(value, 1);
}

/** A chance as odds a person can picture: 0.123 is "about 1 in 8", 0.95 "about 19 in 20". */
export function odds(value: Maybe): string {
  if (!known(value)) return UNKNOWN;
  if (value < 0.001) return "less than 1 in 1,000";
  if (value > 0.999) return "more than 999 in 1,000";
  if (Math.abs(value - 0.5) < 0.015) return "as likely as not";
  const rare = Math.min(value, 1 - value);
  if (rare > 0.45) return `a little ${value > 0.5 ? "more" : "less"} likely than not`;
  if (rare > 0.27) return `about ${Math.round(value * 10)} in 10`;
  const whole = Math.round(1 / rare);
  const size = whole > 20 ? Math.round(whole / 5) * 5 : whole;
  return `about ${grouped(value < 0.5 ? 1 : size - 1, 0)} in ${grouped(size, 0)}`;
}

/** A log return as the change of price it is: 0.01 is +1.005 %. */
export function simple(logReturn: number): number {
  return Math.expm1(logReturn);
}

/** How a contribution to a logarithm reads: 0.113 is "+12 %", in proportion. */
export function factor(logValue: Maybe): string {
  if (!known(logValue)) return UNKNOWN;
  const change = Math.expm1(logValue);
  return signedPercent(change, Math.abs(change) < 0.0995 ? 1 : 0);
}

/** "24 h", "3 d": days only where they are whole and there are three or more. */
export function horizon(hours: number): string {
  return hours >= 72 && hours % 24 === 0 ? `${hours / 24}${GLUE}d` : `${hours}${GLUE}h`;
}

/** "in 24 hours", "in 3 days", for sentences. */
export function horizonWords(hours: number): string {
  if (hours === 1) return "1 hour";
  return hours >= 72 && hours % 24 === 0 ? `${hours / 24} days` : `${hours} hours`;
}

type Moment = string | number | Date | null | undefined;

/** A moment from ISO text, a Date, or seconds since 1970. */
function moment(value: Moment): Date | null {
  if (value === null || value === undefined) return null;
  const found = typeof value === "number" ? new Date(value * 1000) : new Date(value);
  return Number.isNaN(found.getTime()) ? null : found;
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** "14:00". */
export function clock(value: Moment): string {
  return moment(value)?.toISOString().slice(11, 16) ?? UNKNOWN;
}

/** "Wed 6 Mar, 14:00 UTC"; with the year where it is asked for. */
export function when(value: Moment, { year = false } = {}): string {
  const found = moment(value);
  return found === null ? UNKNOWN : `${day(found, { year })}, ${clock(found)}${GLUE}UTC`;
}

/** "Wed 6 Mar" or "Wed 6 Mar 2024". */
export function day(value: Moment, { year = false } = {}): string {
  const found = moment(value);
  if (found === null) return UNKNOWN;
  const text = `${DAYS[found.getUTCDay()]} ${found.getUTCDate()} ${MONTHS[found.getUTCMonth()]}`;
  return year ? `${text} ${found.getUTCFullYear()}` : text;
}

/** "Mar 2024". */
export function month(value: Moment): string {
  const found = moment(value);
  return found === null ? UNKNOWN : `${MONTHS[found.getUTCMonth()]} ${found.getUTCFullYear()}`;
}

/** A length of time in its largest fitting unit: "0.4 s", "12 min", "3.5 h", "9 d". */
export function duration(seconds: Maybe): string {
  if (!known(seconds)) return UNKNOWN;
  const size = Math.max(0, seconds);
  if (size < 9.95) return `${size.toFixed(1)}${GLUE}s`;
  if (size < 90) return `${Math.round(size)}${GLUE}s`;
  if (size < 5400) return `${Math.round(size / 60)}${GLUE}min`;
  if (size < 172_800) return `${trim(size / 3600)}${GLUE}h`;
  return `${Math.round(size / 86_400)}${GLUE}d`;
}

/** A count: "39,412". */
export function count(value: Maybe): string {
  return known(value) ? grouped(Math.round(value), 0) : UNKNOWN;
}

function trim(value: number): string {
  return value >= 10 ? String(Math.round(value)) : String(Math.round(value * 10) / 10);
}

/** A quantity in few characters: "812", "1.24 K", "3.10 M". */
export function quantity(value: Maybe): string {
  if (!known(value)) return UNKNOWN;
  const units: [number, string][] = [
    [1e9, `${GLUE}B`],
    [1e6, `${GLUE}M`],
    [1e3, `${GLUE}K`],
  ];
  const [unit, suffix] = units.find(([size]) => Math.abs(value) >= size) ?? [1, ""];
  const scaled = value / unit;
  const size = Math.abs(scaled);
  return `${grouped(scaled, size >= 100 ? 0 : size >= 10 ? 1 : 2)}${suffix}`;
}

/** Words of the service with every number kept beside its unit. */
export function glued(words: string): string {
  return words.replaceAll(/(\d) (%|h|d|min|s)(?![\w])/g, `$1${GLUE}$2`);
}
