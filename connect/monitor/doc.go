// Package monitor has the limits of card networks on how often a seller's payments may be
// disputed, as dated data: what a programme counts, against the sales of which month, and
// at what number and part of them it takes notice. Every fact names its source and from
// when it holds; one that is marked confirm is a starting point, which a host confirms with
// its acquirer before it relies on it. All that is built in is as processors publish it,
// since the networks' own books are not public.
//
// A Set never changes. A host says otherwise with programmes of its own (Set.With, or
// files with Set.Load), each in place of the one of that name. The package counts nothing
// and knows no clock.
package monitor
