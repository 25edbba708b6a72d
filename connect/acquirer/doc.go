// Package acquirer is the place of souk's adapters of acquirers, each a leaf package
// that a host imports only if it uses it:
//
//   - intent speaks the API of payment intents: it answers at once and honours keys;
//   - notify speaks one that answers "received" and tells the truth later, by signed
//     notification.
//
// There is nothing in the package itself but a test: that a marketplace has the same
// books whichever of them, or of the simulators, it is given.
package acquirer
