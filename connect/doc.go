// Package connect is the marketplace: the one package that most hosts import.
//
// An Engine stands on a ledger.Store. Platforms register with it and act
// through their Platform handle: they create accounts for sellers, charge
// buyers, refund, transfer and pay out. Each verb takes a request struct with
// an idempotency key and returns the object it made, or the same object again
// if the key was used before.
//
// A verb that speaks to the outside records its intent and the money it sets
// aside in one commit, carries it out, and settles state and entries in
// another. Whatever is interrupted in between is found and finished by
// Engine.Drain (or Run), by any process on the same store. Platform.In records
// inside a store that is the host's own transaction; Platform.Finish carries
// out after the host has committed. Platform.Preview runs the same code and
// leaves no trace.
//
// Without configuration everything is simulated and in memory: cards and bank
// accounts are the documented test tokens (Simulator, payout.Simulator).
package connect
