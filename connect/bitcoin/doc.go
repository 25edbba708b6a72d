// Package bitcoin says what connect needs of the world of coins: fresh addresses
// of the host's wallet (Addresses), a view of the chain (Chain), and a wallet that
// sends (Wallet). Keys never enter souk. Terms decides, purely, which coins count
// as received and whether they pay what was asked; Simulator is all of the outside
// without a network behind it: it confirms, replaces and reorganises.
package bitcoin
