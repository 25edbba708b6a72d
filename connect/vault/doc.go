// Package vault keeps bank details and identity fields, so that nothing else of a
// marketplace has to: what a seller types goes from the browser to the vault, which checks
// it (payout/bank), seals it (ledger/sealed) and answers with a token.
//
// # From the browser to the bank
//
// A page loads souk.js from the vault and draws a frame:
//
//	<script src="https://vault.example/souk.js" integrity="sha384-…" crossorigin="anonymous"></script>
//
//	var fields = new Souk('pk_…').bank('#bank', {country: 'DE', currency: 'EUR', lang: 'fr'});
//	fields.token().then(function (token) { form.elements.bank.value = token.token; });
//
// The frame has the vault's origin, so that no script of the page reads what is typed; page
// and frame speak by messages that name each other's origin. The token is the platform's, is
// used once and within 15 minutes. The host's server takes what it stands for with Vault.Use,
// in the transaction that creates the account if it likes, and gives CreateAccount the
// Reference's BankDetails. A reference is no secret: it opens for whoever holds a
// Detokeniser, which the host gives to a rail when it sets that up, and to nobody else. Each
// opening is told in the feed of events.
//
// Cards are not typed here: Souk.card draws the acquirer's own fields (CardFields, and
// Souk.cards in the page). Where the vault is not live and has none, a form takes the
// documented test cards and refuses every other number, in the browser and on the server.
//
// # Where it runs
//
// By itself: with its own store, keys, process and host name, Handler for browsers, Inside
// for the host's other programs, which ask by Client, and Drain. Or in the engine's process:
// on the engine's store, with Engine.Attach(v.Part()). Then that process sees what is typed;
// docs/pci.md says what this means.
//
// # What it keeps
//
// Values are sealed one by one, under a data key of the account or, where a token was made
// for no account, of the reference. Erase takes values and key away. Rotate replaces the
// master key and, if asked, the data keys, while others go on. Shared finds what stands for
// the same bank account by a keyed hash.
//
// Errors have the classes and codes of ledger.Error and of payout/bank; nothing that was
// typed is in one.
package vault
