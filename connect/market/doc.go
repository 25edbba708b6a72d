// Package market says what a buyer is offered, as data: in which currencies and
// by which methods a buyer of a country can pay a seller of another, how little
// and how much, whether the buyer must authenticate, whether prices are shown
// with tax, how cash is rounded, what may stand on a statement, which texts are
// shown and in which language.
//
// A Rules is what is true of the buyers of one country, or of all. Each of its
// fields is a list of facts, of which at most one holds on a day: a value, where
// it is from, and its first and last day. Days are days in UTC, for every
// country: a rule that begins on 2021-01-01 holds from midnight in UTC. A fact
// with Confirm is a starting point: a wording, a custom, what an acquirer may or
// may not take. Who relies on it confirms it, by a fact of their own.
//
// A Set is rules in layers: those that are built in, then files of the host
// (Set.Load), then what a platform says otherwise. A question is answered fact by
// fact: the latest layer that has one for the day wins, in it the country before
// all countries. So a layer states only what it changes, and where a fact of it
// ends, the layer below holds again.
//
// A file is named after its country, as "NZ.json", or "all.json", and is the JSON
// of Rules. It is read strictly: a name that is no field, a name that comes twice
// and a fact without a source are refused, by file and field.
package market
