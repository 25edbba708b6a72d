// Package rule is a small language in which operators say which payments are
// allowed, blocked or looked at by a person. Compile makes a compliance.Rule of it:
//
//	# Sellers who are new, and sell to where they never did.
//	fresh: block if amount > 500 USD and seller.age_days < 7 and card.country not in seller.countries
//	"too fast": block if count(declined charges by card.fingerprint in 24h) >= 3
//	review if metadata.gift = "yes" and (email.domain in @throwaway or email is missing)
//	allow if customer in @known
//
// # Rules
//
// A rule is an action, if, and a condition. A name before it is optional; without one
// it is called by its action and place ("block 2"). All rules that allow are asked
// first, then those that block, then those that review, each in the order of the text:
// the first that is true decides, and if none is, nothing is done. White space does
// not matter; # begins a comment.
//
// # Conditions
//
//	amount > 500 USD                         = != < <= > >=
//	card.country in ("US", "CA")             in, not in: a list that is written out
//	email in @blocked                        a list of the host's
//	card.country in seller.countries         a list that the payment has
//	description like "%gift card%"           % stands for any characters, or none
//	description includes "gift card"         the same
//	lines.categories includes "weapons"      a list that the payment has
//	card.country is missing                  is missing, is not missing
//	off_session                              true or false stands alone
//	card.country != ip.country               two attributes of a type
//	not a and b or c                         means ((not a) and b) or c
//
// Attributes lists what may be asked, with types; metadata.key, customer.metadata.key,
// seller.metadata.key and platform.metadata.key read metadata, metadata["order type"]
// where the key is no word. Metadata is text, and is a number where it is compared with
// one. Case makes a difference to ids, fingerprints, checks and metadata (type Exact),
// and to nothing else.
//
// Numbers are exact decimals. An amount is in major units and names its currency,
// 500 USD or 10 USDC/6: one that has no currency, or more decimals than it has, is an
// error when it is compiled. A payment in another currency is compared by the rate that
// it carries (compliance.Payment.Rates), without rounding, and is unknown without one.
// Durations are 30s, 15m, 24h, 7d, 2w.
//
// # Counts
//
//	count(declined charges by card.fingerprint in 24h) >= 3
//	sum(successful charges by customer in all) > 5000 USD
//	average(charges by card.fingerprint in 30d) < 20 EUR
//	since(charges by email) < 1h
//
// count, sum and average ask what was before: charges, transfers or disputes, of which
// charges may be authorized, successful, declined, failed or blocked, and transfers
// blocked; count also asks how many different cards, emails, names, customers
// (fraudulent customers) or ips there were. by says what they have in common with the
// payment; the window reaches back from it at most 1830d, or is all. since is how long
// ago the first was, and missing if there was none. They are asked of the payment's
// Counter, each once and only if the rest of the rule leaves it open, and never include
// the payment itself.
//
// # What is missing
//
// Whatever may be true or false may also be unknown. A comparison with what is missing
// is unknown, and so is an attribute that is true or false and was not told. not leaves
// it unknown; and is false if any part is false, or is true if any part is true, and
// otherwise an unknown part makes them unknown. A rule acts only if it is true. So
// "block if card.country in @blocked and not three_d_secure" blocks nothing while
// either is missing; to block then, say so: "three_d_secure is missing or not
// three_d_secure". is missing is never unknown.
//
// # Bounds
//
// A text has at most 64 KiB and 200 rules, a rule 200 conditions and operators and 32
// levels, and there are no loops: the cost of a decision is bounded by the text, the
// payment's own lists and texts, and 200,000 steps. Compile says by line and column what
// is wrong and what it expected (Error). Every decision carries the version of the set,
// what made the rule true, and which rules before it were unknown, and for want of what.
// What is personal (Attribute.Private, and metadata of customers) is never shown in it;
// other metadata is.
package rule
