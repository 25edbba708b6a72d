// Package debit has what the schemes of bank debits ask for, as dated data:
// currencies and countries, how long before its day a debit is announced and handed
// over, within which time and for which reasons it may come back, how often it may
// be presented again, at what rate of returns a scheme objects, and how long a
// mandate lives. Every fact names its source; one that is marked confirm is a
// starting point, which a host confirms with its bank before it relies on it.
//
// A Set never changes. A host says otherwise with a file on top (Set.Load) or in Go
// (Set.With): what a later layer says of a field, of one reason or of one limit
// takes the place of what was there. The package moves no money and knows no
// clock.
package debit
