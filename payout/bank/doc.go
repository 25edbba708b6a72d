// Package bank knows the account numbers of the world: how they are written and
// what their check digits say. It is pure, and asks nobody whether an account
// exists.
//
// # What is read
//
// ParseAccount reads the details of an account in any of over 180 countries and
// territories, from the fields that Formats lists; each part also has a function of
// its own. IBANs follow the registry (ISO 13616), BICs ISO 9362. Besides MOD 97,
// IBANs are checked by the digits that countries have within them, where the method
// is published:
//
//	AL                       weights 9 7 3 1, over bank and branch
//	BA ME MK PT RS SI TL XK  ISO 7064 MOD 97-10
//	BE                       modulus 97
//	CZ SK                    modulus 11, prefix and number
//	EE                       weights 7 3 1
//	ES                       two digits of modulus 11
//	FI                       Luhn
//	FR MC MR TN              clé RIB
//	HR                       ISO 7064 MOD 11,10, bank and number
//	HU                       weights 9 7 3 1, branch and number
//	IT SM                    the letter CIN
//	NO                       modulus 11
//	PL                       weights 3 9 7 1, over bank and branch
//
// Not checked are the eleven test of the Netherlands, which banks founded since
// need not follow, and what differs by bank: Germany, Austria, Denmark, Sweden. For
// the United Kingdom the host reads in the table of Pay.UK (ReadModulusTable).
// Elsewhere there are check digits for routing numbers of the United States, for
// numbers of New Zealand, Mexico (CLABE) and Argentina (CBU).
//
// # What is kept quiet
//
// Whatever is refused is a ledger.Error of class Invalid with a code and a field,
// and what was given is in no message. IBAN, Account and NZAccount print themselves
// masked (fmt, slog, encoding/json), so that they cannot get into a log by mistake;
// only a struct that has one in an unexported field shows it, since fmt cannot ask
// there. Routing numbers, BICs and bitcoin addresses are public.
package bank
