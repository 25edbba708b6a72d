// Package payout moves money out of the books to banks, and to authorities.
//
// A Payout leaves the balance when it is claimed (Claim) and stands in transit
// until the rail has its final word (Apply). A Rail carries instructions to a
// bank and brings back what became of them; Simulator is one for tests, and
// railtest the suite that every rail passes. Calendar and Delay say when money
// becomes available and when it arrives; package calendar has the banking days of
// many countries.
package payout
