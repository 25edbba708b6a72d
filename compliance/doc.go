// Package compliance says who a seller is and what is still missing before
// money may go out to them.
//
// An Entity is the person or company behind an account, with the Persons who
// own and run it. What its country asks for is data (requirements.json);
// Entity.Missing compares the two. Values of persons are not stored here: an
// entity checks their form and records that a field was provided and when.
package compliance
