// Writes what this machine's Intl (ICU) makes of some amounts, one line of JSON
// for a locale and currency: tag, currency, minor digits, amounts with the
// symbol, amounts with the code. The first line names the versions.
//
//   node intl.mjs > intl.golden
const tags = `en en-001 en-150 en-AU en-CA en-GB en-IE en-IN en-NZ en-ZA ar-AE ar-MA ca cs da de de-AT de-BE
  de-CH de-LI de-LU es es-419 es-AR es-CL es-CR es-GQ es-MX es-PY es-US fi fr fr-BE fr-CA fr-CH fr-LU ga he hi hu it it-CH ja ko lb nb nl nl-BE nn pl
  pt pt-PT ro sv sv-FI tr zh zh-Hant`.trim().split(/\s+/);
const currencies = { EUR: 2, USD: 2, CAD: 2, CHF: 2, DKK: 2, JPY: 0, KWD: 3, BTC: 8 };
const amounts = [0n, -7n, 123456n, 1234567890n, -9876543210n, 9223372036854775807n]; // minor units

const plain = (n, digits) => {
  const s = (n < 0n ? -n : n).toString().padStart(digits + 1, "0");
  const at = s.length - digits;
  return (n < 0n ? "-" : "") + s.slice(0, at) + (digits ? "." + s.slice(at) : "");
};
// Spaces and direction marks are escaped: a reviewer must see them.
const line = (v) => JSON.stringify(v).replace(/[\p{Z}\p{C}]/gu, (c) =>
  c === " " ? c : "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));

console.log(line({ cldr: process.versions.cldr, icu: process.versions.icu, node: process.version }));
for (const tag of tags) {
  for (const [currency, digits] of Object.entries(currencies)) {
    const shown = (currencyDisplay) => {
      const f = new Intl.NumberFormat(tag, {
        style: "currency", currency, currencyDisplay, numberingSystem: "latn",
        minimumFractionDigits: digits, maximumFractionDigits: digits,
      });
      return amounts.map((n) => f.format(plain(n, digits)));
    };
    console.log(line([tag, currency, digits, shown("symbol"), shown("code")]));
  }
}
