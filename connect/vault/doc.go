// Package vault keeps bank details and identity fields, so that nothing else of a
// marketplace has to: what a seller types in the browser goes to the vault, which checks it,
// seals it (ledger/sealed) and answers with a token.
package vault
