// Package fx knows exchange rates and turns a conversion into balanced entries.
//
// A Rate is exact: a fraction of two decimals, with its time and source, never
// a float and never an inverse that was rounded. RateProvider is what a host
// may implement. Those that ship: Table, one list such as the European Central Bank's of a
// day (ParseECB); History, the lists of many days (ParseECBHistory); Fixed, what a host
// states; and around others Cached, Fresh (none that is too old), Fallback (the next where
// one does not answer) and Through (by a third currency). Convert computes a
// conversion and the entries of the chart's flows F1 and F2: position and
// value of the house, what the customer gives and gets, and the spread.
package fx
