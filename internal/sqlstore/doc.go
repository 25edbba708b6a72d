// Package sqlstore is the one ledger.Store on an SQL database. It speaks
// database/sql and the SQL that databases have in common; a Dialect says the
// rest. Hosts use it through ledger/sqlite.
//
// Changes that wait together are planned together (ledger.Plan) and written in
// one transaction of the database: whoever comes first commits for all.
package sqlstore
