const EXPONENTS: Record<string, number> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const POWERS = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const QUANTITY = /^\+?(\d{1,20})?(?:\.(\d{1,9})?)?(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,2}))?$/;
const ONE = 10n ** 9n;

/** The largest quantity there is, in billionths: beyond it the API server rounds without a word. (apimachinery, resource.Quantity) */
export const LARGEST = (2n ** 63n - 1n) * ONE;

/** A quantity of Kubernetes in billionths, so that all are whole; undefined for what is none. `500m` is 500,000,000. */
export function billionths(quantity: string): bigint | undefined {
  const [, whole = "", fraction = "", unit = "", exponent] = QUANTITY.exec(quantity) ?? [];
  if (whole + fraction === "") return undefined;
  const digits = BigInt(whole + fraction.padEnd(9, "0"));
  const power = POWERS.indexOf(unit);
  if (exponent === undefined && power > 0) return digits * 1024n ** BigInt(power);
  const ten = exponent === undefined ? (EXPONENTS[unit] ?? 0) : Number(exponent);
  return ten >= 0 ? digits * 10n ** BigInt(ten) : digits / 10n ** BigInt(-ten);
}

/** A quantity as a number, for sums and bounds: of bytes, cores or devices. Undefined for what is none. `1.5Gi` is 1610612736. */
export function amountOf(quantity: string): number | undefined {
  const exact = billionths(quantity);
  return exact === undefined ? undefined : Number(exact / ONE) + Number(exact % ONE) / Number(ONE);
}
