// Package souk is a marketplace-payments engine that a Go program embeds.
//
// The package itself holds no code; this is the map of what does.
//
//   - connect is the marketplace, and the one package that most programs
//     import: platforms, sellers, charges, refunds, transfers, payouts.
//   - connect/connecttest sets engines up for tests, with a clock that moves.
//   - connect/pricing says what processing costs, connect/market what buyers of a
//     country are offered, connect/tax what taxes are due.
//   - ledger is what everything stands on: exact money, double-entry books,
//     objects, events, due work, and the one interface to storage.
//   - ledger/locale shows money to people; ledger/storetest is the suite that
//     every store passes.
//   - fx knows rates and books conversions.
//   - payout moves money to banks; payout/railtest is the suite of its rails.
//   - compliance knows what a seller's country asks for before money goes out.
//
// Start with the README and examples/quickstart. docs/design.md says why it is
// built the way it is.
package souk
