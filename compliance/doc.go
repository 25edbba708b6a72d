// Package compliance says who a seller is and what is still missing before
// money may go out to them.
//
// An Entity is the person or company behind an account, with the Persons who
// own and run it. What its country asks for is data (requirements.json);
// Entity.Missing compares the two. Values of persons are not stored here: an
// entity checks their form and records that a field was provided and when.
//
// It also has the facts of a payment (Payment) and what a host's rules say of it: a
// Rule makes a Decision, before anybody is asked for the money. Facts may be missing,
// and what follows from them is true, false or unknown (Truth). Package
// compliance/rule compiles a text of operators into a Rule.
package compliance
