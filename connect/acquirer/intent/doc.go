// Package intent is a connect.Acquirer that speaks the API of payment intents, as
// Stripe publishes it (OpenAPI document of version 2026-08-26): requests as forms,
// answers at once, keys that are honoured for a day, and signed events.
//
// What souk asks for becomes
//
//   - Authorize: a payment intent, confirmed at once; captured at once or manually;
//     off_session if the buyer is not there; set up for later use if the buyer
//     agreed to that;
//   - Capture, Cancel: of that intent;
//   - Refund: a refund of it;
//   - AnswerDispute: evidence that is submitted, or closing the dispute.
//
// Early fraud warnings, which an event brings, are connect.WarningNews.
//
// Each carries souk's key twice: as the Idempotency-Key, and in the metadata
// (souk_key), by which Lookup and events find it. What the buyer has to do is an
// address (Action.URL) where the API gives one, else the intent's client secret
// (Action.Data), for the API's own scripts in the browser. With the secret a buyer
// whose authentication failed could try again there, after souk has booked the
// failure; the success would then be kept in Engine.UnbookedNotices. So prefer
// addresses.
//
// Amounts are sent in the digits of ledger.Currency.NetworkDigits.
//
// The API takes neither an exemption from authentication nor the network's id of an
// earlier transaction from the outside; it finds both itself. AuthorizeOrder's are
// kept by souk, and not sent. A source "cus_1/pm_1" names a customer's stored method.
//
// Answers that the API gives for an hour or longer to one key, a 500 among them, are
// overcome by looking for what was made. A request that it refuses as it stands is
// Declined with the API's code, or with its type where it has none.
package intent
