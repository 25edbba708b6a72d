// Package tax says what tax is due: on what a buyer pays for (Table.Tax), and on the
// commission that a platform takes of a seller (Table.OnFee). It computes and keeps
// nothing. Rates and rules are dated data with their source; the built-in table holds
// the value added taxes of the countries that souk knows as markets and of Japan. It
// has no sales taxes of the United States, whose some twelve thousand jurisdictions a
// host takes from a provider of its own or from a table (Parse, Table.With).
//
// A table is not advice: facts marked Confirm are starting points, which a host
// confirms before it relies on them, and which goods have a reduced rate is the host's
// to say (Country.Categories).
package tax
