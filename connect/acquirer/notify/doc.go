// Package notify is a connect.Acquirer that speaks an API whose every answer is
// "received", and which tells the truth later, by signed notification. Its requests and
// notifications are those that Adyen publishes for its Checkout API and standard
// webhooks.
//
// It is Keyed, since the API honours keys, and NewsOnly, since nobody can ask it what
// became of one. Where the API does answer a payment at once, that counts.
//
// The reference that the API is given, and gives back in notifications, is souk's key,
// a letter for the kind of request (p and a: a payment, captured at once or not; c, x,
// r: a capture, cancellation, refund) and a short hash of the order. The API promises
// that a key acts once, and not that it compares orders; but it gives the first
// reference back, and so another order under a key is noticed.
//
// What the API reports of requests that souk did not make (somebody captured or
// refunded by hand) and of what souk does not book is kept in Engine.UnbookedNotices.
//
// Notifications of disputes, which carry the reference of the payment and one of the
// dispute's own, are connect.DisputeNews: a request for information is an inquiry, a
// chargeback takes the money, one that was reversed gives it back and is won once the
// issuer can say no more. An issuer's report of fraud (NOTIFICATION_OF_FRAUD) is
// connect.WarningNews. Disputes are answered in another API, which this package does not
// speak: a person answers there.
//
// What the issuer said of code and address (cvcResult and avsResult of additionalData,
// which the account has to have switched on) is Answer.Checks of what was approved.
//
// A buyer who comes back from the page of their bank brings details; the host hands
// them to Details. The first capture of an authorization lets the rest go, unless the
// merchant account is set up otherwise, which it must not be.
//
// What could not be verified against the API itself: that a notification of a
// modification carries the reference of that modification where one was given; how long
// keys live (its pages say 7 and 31 days; Config.KeyLife is 7); the digits of CLP and
// CVE (Config.Digits); the words of disputeStatus, of which only those that are published
// for an event are read. Neither they nor the time of an event are covered by the signature of
// an item: a User and Password cover the whole notification.
package notify
